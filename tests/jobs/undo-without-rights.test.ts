import * as assert from 'uvu/assert';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { undo } from '../../src/jobs/undo.js';
import { readDatabaseState } from '../harness/database-state.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { expectJobFailure, jobGroup } from '../harness/job-world.js';

/** The privileges that the undo of an ingest needs. */
const NEEDED = ['DELETE ON rolling_chart_data', 'INSERT ON chartctl_changes'];

/** The embedded database has no roles. */
const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) group('an undo without privileges', (test) => test.skip('all of it', 'no PostgreSQL here'));

jobGroup(
  'an undo without privileges',
  (test) => {
    for (const privilege of NEEDED) {
      test(`to ${privilege} says what to do, changes nothing, and works once it has them`, async (world) => {
        const symbol = world.listSymbol(700);
        const { jobId } = await ingest(world.context, { symbols: [symbol] });
        const before = await readDatabaseState(world.store.knex);
        // the script for the roles runs afterwards and grants the revoked privileges again
        const failure = await world.asOwner(async ({ store }) => {
          await store.knex.raw(`REVOKE ${privilege} FROM chartctl_daily`);
          return expectJobFailure(undo(world.context, { job: jobId! }));
        });
        assert.equal([failure.kind, failure.code], ['failed', '42501']);
        assert.match(failure.message, `permission denied for table ${privilege.split(' ')[2]}`);
        assert.match(failure.hint!, 'chartctl doctor names the GRANT');
        assert.equal(await readDatabaseState(world.store.knex), before);
        assert.is((await undo(world.context, { job: jobId! })).exitCode, 0);
        assert.equal(await world.rows(symbol), []);
      });
    }
  },
  servers,
);
