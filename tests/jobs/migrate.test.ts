import * as assert from 'uvu/assert';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate } from '../../src/jobs/migrate.js';
import { onEveryDatabase } from '../database/on-every-database.js';
import { FIVE_ROWS, legacyTable, query, startWith } from '../tables/adoption/legacy-shapes.js';

onEveryDatabase('the migrate job', (test) => {
  test('the migration of an adopted table names the command that completes its rows, and the job records its counts', async ({
    store,
  }) => {
    await startWith(store, `${legacyTable()} ${FIVE_ROWS} ${FIVE_ROWS}`);
    const summary = await migrate(store, { legacyVolume: 'base' });
    assert.is(summary.next, 'chartctl rebuild --all');
    const jobs = await query(
      store,
      `SELECT id::int, command, arguments, outcome, exit_code, counts, finished_at >= started_at AS ended FROM chartctl_jobs`,
    );
    assert.equal(jobs, [
      {
        id: summary.jobId,
        command: 'migrate',
        arguments: { legacyVolume: 'base' },
        outcome: 'done',
        exit_code: 0,
        counts: { migrations: MIGRATIONS.length, duplicatesRemoved: 5, adoptedRows: 5 },
        ended: true,
      },
    ]);
  });

  test('a new database needs no further command, and a migration without changes records no job', async ({ store }) => {
    await startWith(store);
    assert.is((await migrate(store)).next, null);
    assert.is((await migrate(store)).jobId, null);
    assert.equal(await query(store, `SELECT count(*)::int AS jobs FROM chartctl_jobs`), [{ jobs: 1 }]);
  });
});
