import * as assert from 'uvu/assert';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { fetchInOrder } from '../../../src/jobs/fetch/binance-requests.js';
import { compareRange } from '../../../src/jobs/verify/compare-range.js';
import { flagDifferences } from '../../../src/jobs/verify/flag-differences.js';
import { verify, type VerifySummary } from '../../../src/jobs/verify/verify.js';
import { settleFlags } from '../../../src/tables/flags.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import {
  expectJobFailure,
  expectSummary,
  findRowAt,
  jobGroup,
  type JobWorld,
  reviseCandle,
} from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { fault } from '../../loopback/faults.js';

const TWO_HOURS = 120;

/** A symbol whose past two hours and the warm-up before them are stored with Binance's numbers. */
async function stored(world: JobWorld): Promise<string> {
  const symbol = world.listSymbol(3000);
  await backfill(world.context, { symbols: [symbol] });
  world.exchange.requests.length = 0;
  return symbol;
}

const ago = (world: JobWorld, minutes: number): Minute => world.now - minutes * MINUTE_MS;

/** The classes that verify found, except equal rows. */
function found({ counts }: VerifySummary): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([name, count]) => name !== 'same' && count > 0));
}

function ask(world: JobWorld, symbol: string, options: Partial<Parameters<typeof verify>[1]> = {}) {
  return verify(world.context, { symbols: [symbol], minutes: TWO_HOURS, ...options });
}

/** Makes Binance return other numbers for these minutes. */
function revise(world: JobWorld, symbol: string, minutes: readonly Minute[]): void {
  world.binance.put(
    symbol,
    minutes.map((minute) => reviseCandle(world.binance.get(symbol, minute)!)),
  );
}

async function change(world: JobWorld, symbol: string, minute: Minute, assignments: string): Promise<void> {
  await world.store.knex.raw(`UPDATE rolling_chart_data SET ${assignments} WHERE symbol = ? AND timestamp = ?`, [
    symbol,
    new Date(minute),
  ]);
}

/** Everything that a job may change of a symbol. */
async function everything(world: JobWorld, symbol: string) {
  const of = (table: string) => world.store.knex(table).where({ symbol });
  return [
    await world.rows(symbol),
    await of('chartctl_flags'),
    await of('chartctl_changes'),
    await of('chartctl_gaps'),
  ];
}

jobGroup('verify', (test) => {
  test("rows equal to Binance's are the same: nothing is reported, changed or recorded", async (world) => {
    const symbol = await stored(world);
    const before = await everything(world, symbol);
    const result = await ask(world, symbol, { minutes: 520 });
    const summary = await expectSummary(Promise.resolve(result));
    assert.is(result.exitCode, 0);
    assert.is(result.jobId, null);
    assert.equal(found(summary), {});
    assert.is(summary.counts.same, 520);
    assert.equal(summary.same, [{ from: ago(world, 520), to: world.now }]);
    assert.equal([summary.stretches, summary.rows, summary.remaining], [[], [], 0]);
    assert.equal(await everything(world, symbol), before);
    assert.is((await world.store.knex('chartctl_jobs').where({ command: 'verify' })).length, 0);
  });

  test('the past 24 hours are requested, 1,000 minutes at a time', async (world) => {
    const symbol = world.listSymbol(3000);
    const { range, requests, weight, counts } = await expectSummary(verify(world.context, { symbols: [symbol] }));
    assert.equal(range, { from: ago(world, 1440), to: world.now });
    assert.equal([requests, weight], [2, 4]);
    const asked = world.exchange.requests.filter(({ path }) => path.endsWith('klines'));
    assert.is(asked.length, 2);
    assert.is(counts.missing, 1440);
  });

  test('each class is found with both candles, adjacent minutes as one range with statistics', async (world) => {
    const symbol = await stored(world);
    revise(world, symbol, [ago(world, 90), ago(world, 89)]);
    await change(world, symbol, ago(world, 80), `source = 'FALLBACK', volume = volume * 2`);
    await change(world, symbol, ago(world, 70), `high = low / 2`);
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [ago(world, 60)]));
    world.exchange.hide(symbol, { from: ago(world, 50), to: ago(world, 48) });
    await change(world, symbol, ago(world, 49), `source = 'FALLBACK'`);
    await change(world, symbol, ago(world, 40), `close = high, high = high * 2, written_at = NULL, iscomplete = false`);

    const summary = await expectSummary(ask(world, symbol));
    assert.equal(found(summary), {
      filled: 1,
      revised: 2,
      fallback: 1,
      unsound: 1,
      different: 1,
      missing: 1,
      absent: 1,
    });
    assert.is(summary.compared, TWO_HOURS);
    assert.is(summary.counts.same, TWO_HOURS - 8);
    assert.equal(
      summary.stretches.map((stretch) => [stretch.class, (world.now - stretch.from) / MINUTE_MS]),
      [
        ['revised', 90],
        ['fallback', 80],
        ['unsound', 70],
        ['missing', 60],
        ['absent', 50],
        ['different', 40],
      ],
    );
    const [revised, fallback] = summary.stretches;
    assert.is(revised!.to, ago(world, 88));
    assert.is(revised!.closeDifferencePercent!.toFixed(6), (100 * (1 / 1.01 - 1)).toFixed(6));
    assert.is(fallback!.volumeRatio, 2);
    const [row] = summary.rows;
    assert.is(row!.minute, ago(world, 90));
    assert.is(row!.stored!.close, findRowAt(await world.rows(symbol), ago(world, 90)).close);
    assert.is(row!.exchange!.close.toFixed(8), world.binance.get(symbol, ago(world, 90))!.close.toFixed(8));
  });

  test('minutes that Binance may still publish are not absent', async (world) => {
    const symbol = await stored(world);
    world.exchange.hide(symbol, { from: ago(world, 7), to: world.now });
    const summary = await expectSummary(ask(world, symbol));
    assert.equal(found(summary), { absent: 2 });
    assert.is(summary.compared, TWO_HOURS - 5);
  });

  test('--flag flags differing rows once, with the class as the rule and the previous row in the audit', async (world) => {
    const symbol = await stored(world);
    revise(world, symbol, [ago(world, 90)]);
    await change(world, symbol, ago(world, 80), `source = 'FALLBACK', volume = volume * 2`);
    const result = await ask(world, symbol, { flag: true });
    assert.is((await expectSummary(Promise.resolve(result))).flagged, 2);
    const flags = await world.store.knex('chartctl_flags').where({ symbol }).orderBy('timestamp');
    assert.equal(
      flags.map((flag: { rule: string; state: string }) => [flag.rule, flag.state]),
      [
        ['revised', 'open'],
        ['fallback', 'open'],
      ],
    );
    const changes = await world.store.knex('chartctl_changes').where({ symbol, job_id: result.jobId });
    assert.equal(
      changes.map(({ action, reason }: { action: string; reason: string }) => `${action} ${reason}`).sort(),
      ['flag verify: fallback', 'flag verify: revised'],
    );
    assert.is((await world.rows(symbol)).filter((row) => row.hasMissingData).length, 2);

    const before = await everything(world, symbol);
    assert.is((await expectSummary(ask(world, symbol, { flag: true }))).flagged, 0);
    assert.equal(await everything(world, symbol), before);
  });

  test("a flagged row is not valid: backfill resolves it by the exchange's numbers", async (world) => {
    const symbol = await stored(world);
    const minute = ago(world, 90);
    revise(world, symbol, [minute]);
    await ask(world, symbol, { flag: true });
    await backfill(world.context, { symbols: [symbol] });
    const row = findRowAt(await world.rows(symbol), minute);
    assert.is(row.close!.toFixed(8), world.binance.get(symbol, minute)!.close.toFixed(8));
    assert.is(row.hasMissingData, false);
    const [flag] = await world.store.knex<{ symbol: string; state: string }>('chartctl_flags').where({ symbol });
    assert.is(flag!.state, 'repaired');
    assertMatchesReference(await world.rows(symbol));
    assert.equal(found(await expectSummary(ask(world, symbol))), {});
  });

  test('an accepted difference is not flagged again until the row changes', async (world) => {
    const symbol = await stored(world);
    const minute = ago(world, 90);
    revise(world, symbol, [minute]);
    await ask(world, symbol, { flag: true });
    const settlement = { symbol, jobId: 1, state: 'accepted', reason: 'known', keepFlagged: false } as const;
    await world.store.knex.transaction((trx) => settleFlags(trx, settlement, [minute]));
    assert.is((await expectSummary(ask(world, symbol, { flag: true }))).flagged, 0);
    await change(world, symbol, minute, 'volume = volume + 1');
    assert.is((await expectSummary(ask(world, symbol, { flag: true }))).flagged, 1);
  });

  test('--repair writes missing and invalid rows, and keeps valid rows', async (world) => {
    const symbol = await stored(world);
    const [revised, fallback, flagged, gap, unsound] = [90, 80, 70, 60, 50].map((minutes) => ago(world, minutes));
    revise(world, symbol, [revised!]);
    await change(world, symbol, fallback!, `source = 'FALLBACK', volume = volume * 2`);
    await change(world, symbol, flagged!, 'hasmissingdata = true');
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [gap!]));
    await change(world, symbol, unsound!, `close = 'NaN'`);
    await rebuild(world.context, { symbols: [symbol] });
    // after the gap and the unsound candle, rows have no complete warm-up, so they are not valid
    await change(world, symbol, revised!, 'iscomplete = true');

    const result = await ask(world, symbol, { repair: true });
    const summary = await expectSummary(Promise.resolve(result));
    assert.equal([summary.inserted, summary.replaced, summary.confirmed], [1, 1, 1]);
    assert.is(summary.remaining, 2);
    const rows = await world.rows(symbol);
    const expected = (minute: Minute) => world.binance.get(symbol, minute)!.volume;
    assert.not.equal(findRowAt(rows, revised!).volume, expected(revised!));
    assert.is(findRowAt(rows, fallback!).source, 'FALLBACK');
    assert.is(findRowAt(rows, flagged!).hasMissingData, false);
    assert.is(findRowAt(rows, gap!).volume, expected(gap!));
    assert.is(findRowAt(rows, unsound!).volume, expected(unsound!));
    assertMatchesReference(rows);

    const before = await everything(world, symbol);
    await ask(world, symbol, { repair: true });
    assert.equal(await everything(world, symbol), before, 'a second repair changes nothing');
  });

  test('--repair with --replace-fallback or --revised replaces valid rows of that kind, and then all rows are the same', async (world) => {
    const symbol = await stored(world);
    const [revised, fallback] = [ago(world, 90), ago(world, 80)];
    revise(world, symbol, [revised]);
    await change(world, symbol, fallback, `source = 'FALLBACK', volume = volume * 2`);
    const replaced = async (options: object) =>
      (await expectSummary(ask(world, symbol, { repair: true, ...options }))).replaced;
    assert.is(await replaced({ replaceFallback: true }), 1);
    assert.is(findRowAt(await world.rows(symbol), fallback).source, 'BINANCE_BACKFILL');
    assert.is(await replaced({ replaceFallback: true }), 0);
    assert.is(await replaced({ revised: true }), 1);
    assert.is(findRowAt(await world.rows(symbol), revised).source, 'BINANCE_BACKFILL');
    assert.equal(found(await expectSummary(ask(world, symbol))), {});
    assertMatchesReference(await world.rows(symbol));
  });

  test('--repair keeps the flag of a row that was confirmed with --keep-flagged', async (world) => {
    const symbol = await stored(world);
    const minute = ago(world, 90);
    await change(world, symbol, minute, 'hasmissingdata = true');
    await backfill(world.context, { symbols: [symbol], keepFlagged: true });
    assert.is((await expectSummary(ask(world, symbol, { repair: true }))).confirmed, 0);
    assert.is(findRowAt(await world.rows(symbol), minute).hasMissingData, true);
  });

  test('--repair records what Binance does not have, and removes the record once it has it', async (world) => {
    const symbol = await stored(world);
    const gap = { from: ago(world, 60), to: ago(world, 55) };
    const minutes = [60, 59, 58, 57, 56].map((count) => ago(world, count));
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, minutes));
    world.exchange.hide(symbol, gap);
    const summary = await expectSummary(ask(world, symbol, { repair: true }));
    assert.equal(found(summary), {});
    assert.is(summary.compared, TWO_HOURS - 5);
    const gaps = () => world.store.knex<{ symbol: string; from_time: Date }>('chartctl_gaps').where({ symbol });
    assert.equal(
      (await gaps()).map((gap) => gap.from_time.getTime()),
      [gap.from],
    );
    world.exchange.reveal();
    assert.is((await expectSummary(ask(world, symbol, { repair: true }))).inserted, 5);
    assert.is((await gaps()).length, 0);
  });

  test('a row that was written after the comparison is not flagged', async (world) => {
    const symbol = await stored(world);
    const [mended, revised] = [ago(world, 90), ago(world, 89)];
    revise(world, symbol, [mended, revised]);
    const range = { from: ago(world, TWO_HOURS), to: world.now };
    const answers = fetchInOrder(world.context, symbol, [range]);
    const asked = { symbol, range, nowMs: world.now, answers, isComplete: true, isRepair: () => false };
    const { differing } = await compareRange(world.context, asked);
    assert.is(differing.length, 2);
    await change(world, symbol, mended, `volume = ${world.binance.get(symbol, mended)!.volume}`);
    const work = { symbol, jobId: 1, lockWaitMs: 1000 };
    assert.is(await flagDifferences(world.context, differing, work), 1);
    const flagged = (await world.rows(symbol)).filter((row) => row.hasMissingData);
    assert.equal(
      flagged.map((row) => row.openTime),
      [revised],
    );
  });

  test('if the exchange fails, the exit code is 75 and nothing is written', async (world) => {
    const symbol = await stored(world);
    revise(world, symbol, [ago(world, 90)]);
    const before = await everything(world, symbol);
    world.exchange.faults.always(fault.banned({ retryAfterSeconds: 3600 }), { symbol });
    const result = await ask(world, symbol, { repair: true, revised: true });
    assert.is(result.exitCode, 75);
    assert.is((await expectJobFailure(Promise.resolve(result))).code, 'BANNED');
    world.exchange.requests.length = 0;
    world.context.market = openMarket(world.exchange.config);
    assert.is((await expectJobFailure(ask(world, symbol))).code, 'THROTTLED');
    assert.is(world.exchange.requests.filter(({ path }) => path.endsWith('klines')).length, 0);
    assert.equal(await everything(world, symbol), before);
    await world.asOwner(({ store }) => store.knex('chartctl_throttle').delete());
  });

  test('an unknown symbol fails, and the others are verified', async (world) => {
    const symbol = await stored(world);
    const result = await verify(world.context, { symbols: [symbol, 'NOSUCHUSDT'], minutes: TWO_HOURS });
    assert.is(result.exitCode, 3);
    assert.is(result.outcomes[0]!.summary!.counts.same, TWO_HOURS);
    assert.is(result.outcomes[1]!.failure!.code, 'UNKNOWN_SYMBOL');
  });

  test('a range that has not closed yet is rejected', async (world) => {
    const range = { from: world.now + MINUTE_MS, to: world.now + 2 * MINUTE_MS };
    const refused = await verify(world.context, { symbols: ['BTCUSDT'], range }).catch((error: unknown) => error);
    assert.match(String(refused), 'has not closed yet');
  });
});
