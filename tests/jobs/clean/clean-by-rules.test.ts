import * as assert from 'uvu/assert';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean, type CleanSummary } from '../../../src/jobs/clean/clean.js';
import { undo } from '../../../src/jobs/undo.js';
import { CLEAN_RULE_NAMES, type CleanRule } from '../../../src/quality/rules/rules.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';

const ALL = CLEAN_RULE_NAMES;

interface Flag {
  minute: number;
  rule: CleanRule;
  value: number | null;
  threshold: number | null;
  state: string;
  reason: string;
}

/** A symbol whose price distinguishes base from quote volumes, with its past 1,400 minutes stored and complete. */
async function listMarket(world: JobWorld): Promise<string> {
  const symbol = world.listSymbol(1);
  const range = { from: world.now - 3000 * MINUTE_MS, to: world.now + 60 * MINUTE_MS };
  world.binance.put(symbol, generateCandles('BTCUSDT', range));
  await backfill(world.context, { symbols: [symbol], minutes: 1000 });
  return symbol;
}

/** Changes stored rows outside chartctl, from one age in minutes to another (exclusive). */
async function damage(world: JobWorld, symbol: string, assignment: string, from: number, to = from - 1): Promise<void> {
  await world.store.knex.raw(
    `UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp >= ? AND timestamp < ?`,
    [symbol, new Date(world.now - from * MINUTE_MS), new Date(world.now - to * MINUTE_MS)],
  );
}

/** One fault for every rule, at different minutes. */
async function damageAll(world: JobWorld, symbol: string): Promise<void> {
  await damage(world, symbol, 'high = low / 2', 900);
  await damage(world, symbol, `timestamp = timestamp + interval '17.5 seconds'`, 800);
  await damage(world, symbol, 'volume = volume / 420', 700, 660);
  await damage(world, symbol, 'volume = volume * close', 500);
  await damage(world, symbol, 'high = high * 1.04, volume = 1', 400);
  await damage(world, symbol, 'open = 60000, high = 60000, low = 60000, close = 60000, volume = 0', 300, 288);
  await damage(world, symbol, 'volume = 2000', 100);
}

/** Flags in order, their minutes as ages. */
async function flagsOf(world: JobWorld, symbol: string): Promise<Flag[]> {
  const rows = (await world.store.knex('chartctl_flags').where({ symbol }).orderBy(['timestamp', 'rule'])) as (Flag & {
    timestamp: Date;
  })[];
  return rows.map((row) => ({ ...row, minute: (world.now - row.timestamp.getTime()) / MINUTE_MS }));
}

async function flaggedAges(world: JobWorld, symbol: string): Promise<number[]> {
  const rows = (await world.rows(symbol)).filter((row) => row.hasMissingData);
  return rows.map((row) => (world.now - row.openTime) / MINUTE_MS);
}

const runClean = (world: JobWorld, symbol: string, options: Parameters<typeof clean>[1] | object = {}) =>
  expectSummary(clean(world.context, { symbols: [symbol], rules: ALL, ...options }));

/** The candle of a row, and whether it is flagged. */
function toCandle({ openTime, open, high, low, close, volume, hasMissingData }: ChartRow): unknown[] {
  return [openTime, open, high, low, close, volume, hasMissingData];
}

const countOf = (summary: CleanSummary) => Object.values(summary.flagged).reduce((sum, count) => sum + count, 0);

const ages = (from: number, to: number) => Array.from({ length: from - to }, (_, i) => from - i);

jobGroup('clean by every rule', (test) => {
  test('sound candles are not flagged by any rule', async (world) => {
    const symbol = await listMarket(world);
    const { flagged } = await runClean(world, symbol, { sigma: 100 });
    assert.equal(flagged, Object.fromEntries(ALL.map((rule) => [rule, 0])));
  });

  test('by default only unsound candles and volumes beyond 3 sigma are flagged', async (world) => {
    const symbol = await listMarket(world);
    await damageAll(world, symbol);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.equal(summary.flagged, { unsound: 1, volume_spike: 1 });
    assert.equal([summary.unsound, summary.spikes, summary.moved], [1, 1, 1]);
    assert.equal(await flaggedAges(world, symbol), [900, 500]); // the wrong unit hides the smaller spike
  });

  test('each rule flags its fault and stores the value and the threshold', async (world) => {
    const symbol = await listMarket(world);
    await damageAll(world, symbol);
    const summary = await runClean(world, symbol);
    const flags = await flagsOf(world, symbol);
    const at = (rule: CleanRule) => flags.filter((flag) => flag.rule === rule);
    const place = (rule: CleanRule) => at(rule).map(({ minute }) => minute);
    assert.equal([place('unsound'), place('off_minute')], [[900], [800]]);
    assert.equal([place('volume_unit'), place('price_jump'), place('volume_spike')], [[500], [400], [500]]);
    assert.equal(place('flat_price'), ages(300, 288));
    assert.ok(at('wrong_market').length >= 38 && at('wrong_market').length <= 42, `${at('wrong_market').length} rows`);
    assert.equal([at('off_minute')[0]!.value, at('off_minute')[0]!.threshold], [17.5, 0]);
    assert.equal([at('flat_price')[0]!.value, at('flat_price')[0]!.threshold], [12, 10]);
    assert.ok(Math.abs(at('price_jump')[0]!.value! - 0.04) < 0.002, `value ${at('price_jump')[0]!.value}`);
    assert.match(at('unsound')[0]!.reason, /is above high/);
    assert.is(at('unsound')[0]!.threshold! < at('unsound')[0]!.value!, true);
    assert.is(countOf(summary), flags.length);
    assert.is((await flaggedAges(world, symbol)).length, flags.length - 1); // one row has two flags
  });

  test('a second run changes nothing, and the table is consistent', async (world) => {
    const symbol = await listMarket(world);
    await damageAll(world, symbol);
    await runClean(world, symbol);
    const [rows, flags] = [await world.rows(symbol), await flagsOf(world, symbol)];
    const again = await runClean(world, symbol);
    assert.equal([countOf(again), again.moved, again.rebuilt], [0, 0, 0]);
    assert.equal(await world.rows(symbol), rows);
    assert.equal(await flagsOf(world, symbol), flags);
  });

  test('a further rule adds its flag to a row that is already flagged', async (world) => {
    const symbol = await listMarket(world);
    await damage(world, symbol, 'volume = volume * close', 500);
    await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.equal((await runClean(world, symbol, { rules: ['volume_unit'] })).flagged, { volume_unit: 1 });
    const flags = await flagsOf(world, symbol);
    assert.equal(
      flags.map(({ minute, rule, state }) => [minute, rule, state]),
      [
        [500, 'volume_spike', 'open'],
        [500, 'volume_unit', 'open'],
      ],
    );
  });

  test("--repair takes the exchange's numbers for all of them, and then no rule matches", async (world) => {
    const symbol = await listMarket(world);
    const sound = await world.rows(symbol);
    await damageAll(world, symbol);
    const summary = await runClean(world, symbol, { repair: true }); // also the smaller spike, which exceeds the threshold once the larger one is replaced
    assert.is(summary.openFlags, 0);
    const repeated = await runClean(world, symbol, { repair: true });
    assert.equal([countOf(repeated), repeated.repaired, repeated.confirmed], [0, 0, 0]);
    const rows = await world.rows(symbol);
    assert.equal(rows.map(toCandle), sound.map(toCandle));
    assertMatchesReference(rows);
    assert.is((await flagsOf(world, symbol)).filter(({ state }) => state === 'open').length, 0);
    const byOthers = ALL.filter((rule) => rule !== 'volume_spike'); // its mean has changed
    assert.is(countOf(await runClean(world, symbol, { rules: byOthers })), 0);
  });

  test('numbers that the exchange confirmed are not flagged by any rule while all five are the same', async (world) => {
    const symbol = await listMarket(world);
    const minute = world.now - 400 * MINUTE_MS;
    const candle = world.binance.get(symbol, minute)!;
    const strange = { ...candle, high: candle.high * 1.04, volume: 1 };
    world.binance.put(symbol, [strange]); // unusual, but the exchange confirms it
    await damage(world, symbol, `high = ${strange.high}, volume = 1`, 400);
    const rules: CleanRule[] = ['price_jump'];
    const repaired = await runClean(world, symbol, { rules, repair: true });
    assert.equal([repaired.flagged.price_jump, repaired.confirmed, repaired.openFlags], [1, 1, 0]);
    assert.equal((await runClean(world, symbol)).flagged.price_jump, 0);
    const jumpFlags = async () => (await flagsOf(world, symbol)).filter(({ rule }) => rule === 'price_jump');
    const [flag] = await jumpFlags();
    assert.is(flag!.state, 'confirmed');
    assert.ok(flag!.value! > flag!.threshold!, 'the settled flag keeps what the rule measured');

    await damage(world, symbol, `high = high * 1.01`, 400); // the same volume, another high
    assert.equal((await runClean(world, symbol, { rules })).flagged.price_jump, 1);
    assert.equal(
      (await jumpFlags()).map(({ state }) => state),
      ['open'],
    );
  });

  test('an accepted row is accepted for all rules', async (world) => {
    const symbol = await listMarket(world);
    await damage(world, symbol, 'volume = volume * close', 500);
    const accept = { minutes: [world.now - 500 * MINUTE_MS] as Minute[], reason: 'seen' };
    assert.is((await runClean(world, symbol, { rules: ['volume_spike'], accept })).accepted, 1);
    assert.is(countOf(await runClean(world, symbol)), 0);
  });

  test('rows of a fallback exchange are not flagged as wrong_market', async (world) => {
    const symbol = await listMarket(world);
    await damage(world, symbol, `volume = volume / 420, source = 'FALLBACK'`, 700, 660);
    assert.is((await runClean(world, symbol)).flagged.wrong_market, 0);
  });

  test('--flat-minutes sets the minimum number of flat minutes', async (world) => {
    const symbol = await listMarket(world);
    await damage(world, symbol, 'open = 60000, high = 60000, low = 60000, close = 60000, volume = 0', 300, 295);
    const rules: CleanRule[] = ['flat_price'];
    assert.equal((await runClean(world, symbol, { rules })).flagged, { flat_price: 0 });
    assert.equal((await runClean(world, symbol, { rules, flatMinutes: 5 })).flagged, { flat_price: 5 });
  });

  test('a dry run lists the rules and changes nothing', async (world) => {
    const symbol = await listMarket(world);
    await damageAll(world, symbol);
    const before = await world.rows(symbol);
    const { changes } = await runClean(world, symbol, { dryRun: true });
    const rules = new Set(changes.flatMap(({ rule }) => rule ?? []));
    assert.equal([...rules].sort(), [...ALL].sort());
    assert.equal(await world.rows(symbol), before);
    assert.equal(await flagsOf(world, symbol), []);
  });

  test('the job records its rules and their counts, and undo reverts all of them', async (world) => {
    const symbol = await listMarket(world);
    await damageAll(world, symbol);
    const before = await world.rows(symbol);
    const { jobId } = await clean(world.context, { symbols: [symbol], rules: ALL });
    const job = (await world.store.knex('chartctl_jobs').where({ id: jobId }).first()) as {
      arguments: { rules: string[]; sigma: number };
      counts: Record<string, number>;
    };
    assert.equal(job.arguments.rules, [...ALL]);
    assert.equal([job.counts.flat_price, job.counts.volume_unit, job.counts.spikes, job.counts.moved], [12, 1, 1, 1]);
    await undo(world.context, { job: jobId! });
    assert.equal(await flagsOf(world, symbol), []);
    assert.equal((await world.rows(symbol)).map(toCandle), before.map(toCandle));
  });
});
