import * as assert from 'uvu/assert';
import type { ChartRow } from '../../src/core/chart-row.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { ingest } from '../../src/jobs/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { summaryOf, worldGroup, type World } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';

async function listStored(world: World): Promise<string> {
  const symbol = world.list(2000);
  await ingest(world.context, { symbols: [symbol] });
  return symbol;
}

/** Spoils stored rows behind the tool's back. */
function spoil(world: World, symbol: string, assignment: string, from = 0): Promise<unknown> {
  return world.store.knex.raw(`UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp >= ?`, [
    symbol,
    new Date(from),
  ]);
}

/** Which transaction wrote each row version last: it changes whenever a row is written. */
async function versions(world: World, symbol: string): Promise<string[]> {
  const { rows } = await world.store.knex.raw<{ rows: { version: string }[] }>(
    `SELECT xmin::text || '/' || ctid::text AS version FROM rolling_chart_data WHERE symbol = ? ORDER BY timestamp`,
    [symbol],
  );
  return rows.map((row) => row.version);
}

worldGroup('rebuild', (test) => {
  test('wrong, missing and falsely complete indicators are put right', async (world) => {
    const symbol = await listStored(world);
    await spoil(world, symbol, 'rsi = 50, macd = NULL, bb_upper = bb_upper * 2, iscomplete = true');
    const summary = await summaryOf(rebuild(world.context, { symbols: [symbol] }));
    assert.equal([summary.rows, summary.rewritten, summary.complete, summary.incomplete], [1000, 1000, 600, 400]);
    assertMatchesReference(await world.rows(symbol));
  });

  test('where nothing changes no row is written', async (world) => {
    const symbol = await listStored(world);
    const before = await versions(world, symbol);
    assert.is((await summaryOf(rebuild(world.context, { symbols: [symbol] }))).rewritten, 0);
    assert.equal(await versions(world, symbol), before);
  });

  test('candle, source, flag and written_at are left alone', async (world) => {
    const symbol = await listStored(world);
    await spoil(world, symbol, `rsi = 1, hasmissingdata = true`, world.now - 10 * MINUTE_MS);
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

  test('a range is rebuilt with the candles before it, and nothing outside it', async (world) => {
    const symbol = await listStored(world);
    await spoil(world, symbol, 'rsi = 1');
    const range = { from: world.now - 50 * MINUTE_MS, to: world.now - 20 * MINUTE_MS };
    const summary = await summaryOf(rebuild(world.context, { symbols: [symbol], range }));
    assert.equal([summary.rows, summary.rewritten], [30, 30]);
    const rows = await world.rows(symbol);
    assert.ok(
      rows.every((row) => (row.indicators.rsi === 1) === (row.openTime < range.from || row.openTime >= range.to)),
    );
  });

  test('changed minutes reach the rows after them, up to the 1,000th', async (world) => {
    const symbol = await listStored(world);
    const minute = world.now - 300 * MINUTE_MS;
    await spoil(world, symbol, 'rsi = 1');
    const summary = await summaryOf(rebuild(world.context, { symbols: [symbol], minutes: [minute] }));
    assert.is(summary.rewritten, 300);
  });

  test('a dry run counts and writes nothing', async (world) => {
    const symbol = await listStored(world);
    await spoil(world, symbol, 'rsi = 1');
    const before = await versions(world, symbol);
    const result = await rebuild(world.context, { symbols: [symbol], dryRun: true });
    assert.is((await summaryOf(Promise.resolve(result))).rewritten, 1000);
    assert.is(result.jobId, null);
    assert.equal(await versions(world, symbol), before);
  });

  test("the first overwrite of a legacy row's own indicators is logged, the second is not", async (world) => {
    const symbol = await listStored(world);
    const legacy = world.now - 10 * MINUTE_MS;
    await spoil(world, symbol, 'written_at = NULL, rsi = 12.5', legacy);
    await rebuild(world.context, { symbols: [symbol] });
    const changes = () =>
      world.store.knex('chartctl_changes').where({ symbol }) as Promise<{ action: string; before: { rsi: number } }[]>;
    assert.equal(
      (await changes()).map(({ action, before }) => [action, before.rsi]),
      Array(10).fill(['rebuild', 12.5]),
    );
    await spoil(world, symbol, 'rsi = 13', legacy);
    await rebuild(world.context, { symbols: [symbol] });
    assert.is((await changes()).length, 10);
    assertMatchesReference(await world.rows(symbol));
  });
});
