import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { databases } from '../harness/databases.js';
import { expectSummary, jobGroup, type JobWorld } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';

async function listStored(world: JobWorld): Promise<string> {
  const symbol = world.listSymbol(2000);
  await ingest(world.context, { symbols: [symbol] });
  return symbol;
}

/** Changes stored rows outside chartctl. */
function damage(world: JobWorld, symbol: string, assignment: string, from = 0): Promise<unknown> {
  return world.store.knex.raw(`UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp >= ?`, [
    symbol,
    new Date(from),
  ]);
}

/** The transaction that wrote each row version last; it changes whenever a row is written. */
async function versions(world: JobWorld, symbol: string): Promise<string[]> {
  const { rows } = await world.store.knex.raw<{ rows: { version: string }[] }>(
    `SELECT xmin::text || '/' || ctid::text AS version FROM rolling_chart_data WHERE symbol = ? ORDER BY timestamp`,
    [symbol],
  );
  return rows.map((row) => row.version);
}

jobGroup('rebuild', (test) => {
  test('wrong, missing and falsely complete indicators are corrected', async (world) => {
    const symbol = await listStored(world);
    await damage(world, symbol, 'rsi = 50, macd = NULL, bb_upper = bb_upper * 2, iscomplete = true');
    const summary = await expectSummary(rebuild(world.context, { symbols: [symbol] }));
    assert.equal([summary.rows, summary.rewritten, summary.complete, summary.incomplete], [1000, 1000, 600, 400]);
    assertMatchesReference(await world.rows(symbol));
  });

  test('no row is written if nothing changes', async (world) => {
    const symbol = await listStored(world);
    const before = await versions(world, symbol);
    assert.is((await expectSummary(rebuild(world.context, { symbols: [symbol] }))).rewritten, 0);
    assert.equal(await versions(world, symbol), before);
  });

  test('candle, source, flag and written_at are not changed', async (world) => {
    const symbol = await listStored(world);
    await damage(world, symbol, `rsi = 1, hasmissingdata = true`, world.now - 10 * MINUTE_MS);
    const before = await world.rows(symbol);
    await rebuild(world.context, { symbols: [symbol] });
    const kept = ({ openTime, open, high, low, close, volume, source, hasMissingData, writtenAt }: ChartRow) => [
      openTime,
      open,
      high,
      low,
      close,
      volume,
      source,
      hasMissingData,
      writtenAt?.getTime(),
    ];
    assert.equal((await world.rows(symbol)).map(kept), before.map(kept));
  });

  test('a range is rebuilt from the candles before it, and no row outside it changes', async (world) => {
    const symbol = await listStored(world);
    await damage(world, symbol, 'rsi = 1');
    const range = { from: world.now - 50 * MINUTE_MS, to: world.now - 20 * MINUTE_MS };
    const summary = await expectSummary(rebuild(world.context, { symbols: [symbol], range }));
    assert.equal([summary.rows, summary.rewritten], [30, 30]);
    const rows = await world.rows(symbol);
    assert.ok(
      rows.every((row) => (row.indicators.rsi === 1) === (row.openTime < range.from || row.openTime >= range.to)),
    );
  });

  test('rows up to the 1,000th after a changed minute are rebuilt', async (world) => {
    const symbol = await listStored(world);
    const minute = world.now - 300 * MINUTE_MS;
    await damage(world, symbol, 'rsi = 1');
    const summary = await expectSummary(rebuild(world.context, { symbols: [symbol], minutes: [minute] }));
    assert.is(summary.rewritten, 300);
  });

  test('a dry run counts and writes nothing', async (world) => {
    const symbol = await listStored(world);
    await damage(world, symbol, 'rsi = 1');
    const before = await versions(world, symbol);
    const result = await rebuild(world.context, { symbols: [symbol], dryRun: true });
    assert.is((await expectSummary(Promise.resolve(result))).rewritten, 1000);
    assert.is(result.jobId, null);
    assert.equal(await versions(world, symbol), before);
  });

  test("the first overwrite of a legacy row's own indicators is logged, the second is not", async (world) => {
    const symbol = await listStored(world);
    const legacy = world.now - 10 * MINUTE_MS;
    await damage(world, symbol, 'written_at = NULL, rsi = 12.5', legacy);
    await rebuild(world.context, { symbols: [symbol] });
    const changes = () =>
      world.store.knex('chartctl_changes').where({ symbol }) as Promise<{ action: string; before: { rsi: number } }[]>;
    assert.equal(
      (await changes()).map(({ action, before }) => [action, before.rsi]),
      Array(10).fill(['rebuild', 12.5]),
    );
    await damage(world, symbol, 'rsi = 13', legacy);
    await rebuild(world.context, { symbols: [symbol] });
    assert.is((await changes()).length, 10);
    assertMatchesReference(await world.rows(symbol));
  });
});

interface TableUse {
  read: number;
  inserted: number;
  updated: number;
  /** Of the whole table. */
  scans: number;
}

/** The server's statistics of the table during `work`; closing the connections flushes them. */
async function measureUse(world: JobWorld, work: () => Promise<void>): Promise<TableUse> {
  const before = await readUse(world);
  await work();
  const after = await readUse(world);
  const names = ['read', 'inserted', 'updated', 'scans'] as const;
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as TableUse;
}

async function readUse({ store }: JobWorld): Promise<TableUse> {
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

jobGroup(
  'the rows that a job reads and writes in a long table',
  (test) => {
    test('one repaired minute reads and writes only the rows that it affects', async (world) => {
      const symbols = [world.listSymbol(ROWS), world.listSymbol(ROWS)];
      // one after another: where their rows lie, the planner sees, and it must see the same each time
      for (const symbol of symbols) await backfill(world.context, { symbols: [symbol], minutes: ROWS - 400 });
      const from = world.now - (ROWS / 2) * MINUTE_MS;
      await world.store
        .knex('rolling_chart_data')
        .where({ symbol: symbols[0]!, timestamp: new Date(from) })
        .delete();
      await world.asOwner(({ store }) => store.knex.raw('VACUUM ANALYZE rolling_chart_data'));
      const range = { from, to: from + MINUTE_MS };
      const use = await measureUse(world, async () => {
        const { inserted } = await expectSummary(backfill(world.context, { symbols: [symbols[0]!], range }));
        assert.is(inserted, 1);
      });
      assert.is(use.inserted, 1);
      assert.ok(use.updated <= 1_000, `${use.updated} rows updated`);
      assert.ok(use.read < 6_000, `${use.read} rows read`);
      assert.is(use.scans, 0);

      const again = await measureUse(world, async () => {
        assert.is((await expectSummary(rebuild(world.context, { symbols: [symbols[0]!] }))).rewritten, 0);
      });
      assert.equal([again.updated, again.inserted], [0, 0]);
      assert.is(again.scans, 0);
    });
  },
  databases().filter(({ name }) => name === 'PostgreSQL'),
);
