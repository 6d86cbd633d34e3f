import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { databases } from '../harness/databases.js';
import { summaryOf, worldGroup, type World } from '../harness/job-world.js';

interface TableUse {
  read: number;
  inserted: number;
  updated: number;
  /** Of the whole table. */
  scans: number;
}

/** What the server has counted of the table's use while `work` ran; closing the connections makes it tell. */
async function measureUse(world: World, work: () => Promise<void>): Promise<TableUse> {
  const before = await readUse(world);
  await work();
  const after = await readUse(world);
  const names = ['read', 'inserted', 'updated', 'scans'] as const;
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as TableUse;
}

async function readUse({ store }: World): Promise<TableUse> {
  await store.knex.destroy();
  store.knex.initialize();
  const { rows } = await store.knex.raw<{ rows: Record<keyof TableUse, string>[] }>(
    `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read AS read, n_tup_ins AS inserted, n_tup_upd AS updated, seq_scan AS scans
     FROM pg_stat_user_tables WHERE relname = 'rolling_chart_data'`,
  );
  const { read, inserted, updated, scans } = rows[0]!;
  return { read: Number(read), inserted: Number(inserted), updated: Number(updated), scans: Number(scans) };
}

const ROWS = 30_000;

worldGroup(
  'what a job reads and writes of a long table',
  (test) => {
    test('one repaired minute: the stretch that it affects', async (world) => {
      const symbols = [world.list(ROWS), world.list(ROWS)];
      await backfill(world.context, { symbols, minutes: ROWS - 400 });
      const from = world.now - (ROWS / 2) * MINUTE_MS;
      await world.store
        .knex('rolling_chart_data')
        .where({ symbol: symbols[0]!, timestamp: new Date(from) })
        .delete();
      await world.asOwner(({ store }) => store.knex.raw('VACUUM ANALYZE rolling_chart_data'));
      const range = { from, to: from + MINUTE_MS };
      const use = await measureUse(world, async () => {
        const { inserted } = await summaryOf(backfill(world.context, { symbols: [symbols[0]!], range }));
        assert.is(inserted, 1);
      });
      assert.is(use.inserted, 1);
      assert.ok(use.updated <= 1_000, `${use.updated} rows updated`);
      assert.ok(use.read < 6_000, `${use.read} rows read`);
      assert.is(use.scans, 0);

      const again = await measureUse(world, async () => {
        assert.is((await summaryOf(rebuild(world.context, { symbols: [symbols[0]!] }))).rewritten, 0);
      });
      assert.equal([again.updated, again.inserted], [0, 0]);
      assert.is(again.scans, 0);
    });
  },
  databases().filter(({ name }) => name === 'PostgreSQL'),
);
