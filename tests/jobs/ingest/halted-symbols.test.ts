import * as assert from 'uvu/assert';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { fetchNewest, type NewestCandles, startFetchRound } from '../../../src/jobs/ingest/fetch-newest.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';

interface Stopped {
  symbol: string;
  /** The first minute without a candle of Binance. */
  since: Minute;
}

/** A symbol with stored rows of Binance that it stopped trading some minutes ago, while bybit goes on. */
async function listStopped(
  world: JobWorld,
  { state, minutes }: { state: 'BREAK' | 'HALT' | 'TRADING' | undefined; minutes: number },
): Promise<Stopped> {
  const symbol = world.listSymbol(60);
  await ingest(world.context, { symbols: [symbol] });
  const since = world.now;
  world.advanceMinutes(minutes);
  const range = { from: since, to: world.now + 60 * MINUTE_MS };
  world.bybit.put(symbol, world.binance.candles(symbol, { from: since - 60 * MINUTE_MS, to: range.to }));
  world.exchange.hide(symbol, range);
  world.exchange.setState(symbol, state);
  world.exchange.requests.length = 0;
  return { symbol, since };
}

const countRequests = ({ exchange }: JobWorld, exchangeName: string, path = '') =>
  exchange.requests.filter((request) => request.exchange === exchangeName && request.path.includes(path)).length;

const noticesOf = ({ notices }: JobWorld, symbol: string) => notices.filter((notice) => notice.includes(symbol));

/** What an ingest fetches of the newest minute of symbols that lack it, without the wait for a late candle. */
function fetchWithoutWaiting({ context, now }: JobWorld, symbols: readonly string[]): Promise<NewestCandles[]> {
  const newest = now - MINUTE_MS;
  const round = { ...startFetchRound(context, symbols, newest, null), pollUntil: 0 };
  const range = { from: newest, to: now };
  return Promise.all(symbols.map((symbol) => fetchNewest(context, round, symbol, range)));
}

jobGroup('a symbol that Binance does not trade', (test) => {
  for (const state of ['BREAK', 'HALT'] as const) {
    test(`${state}: nothing is taken from another exchange, nothing is waited for, and the ingest is complete`, async (world) => {
      const { symbol, since } = await listStopped(world, { state, minutes: 10 });
      const started = Date.now();
      const result = await ingest(world.context, { symbols: [symbol] });
      const [{ summary } = {}] = result.outcomes;
      assert.equal(summary?.halt, { state, since });
      assert.equal([result.exitCode, summary?.stored, summary?.fallback], [0, 0, null]);
      assert.ok(Date.now() - started < 4_000, 'less than the wait for a late candle');
      assert.is(countRequests(world, 'bybit'), 0);
      assert.is(countRequests(world, 'binance', 'klines'), 2, 'the candles, and the newest of all');
      assert.is(countRequests(world, 'binance', 'exchangeInfo'), 1);
      assert.equal(noticesOf(world, symbol), []);
      assert.is((await world.rows(symbol)).at(-1)!.openTime, since - MINUTE_MS);
    });
  }

  test('candles before the halt are stored, and the minutes after it are no gap to fill', async (world) => {
    const symbol = world.listSymbol(500);
    await ingest(world.context, { symbols: [symbol] });
    const stored = world.now;
    world.advanceMinutes(1300);
    const since = stored + 100 * MINUTE_MS;
    world.exchange.hide(symbol, { from: since, to: world.now + MINUTE_MS });
    world.exchange.setState(symbol, 'BREAK');
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.equal(summary.olderHole, { from: stored, to: since });
    assert.match(world.notices.join('\n'), /is missing; run: chartctl backfill/);
    await backfill(world.context, { symbols: [symbol], range: { from: stored, to: since } });
    world.notices.length = 0;
    assert.is((await expectSummary(ingest(world.context, { symbols: [symbol] }))).olderHole, null);
    assert.equal(noticesOf(world, symbol), []);
  });

  test('one that Binance removed is told from one that it never had', async (world) => {
    const { symbol, since } = await listStopped(world, { state: undefined, minutes: 10 });
    const result = await ingest(world.context, { symbols: [symbol] });
    assert.is(result.exitCode, 0);
    assert.equal(result.outcomes[0]?.summary?.halt, { state: 'REMOVED', since });
    assert.is(countRequests(world, 'bybit'), 0);
    const unknown = await ingest(world.context, { symbols: ['NOSUCHUSDT', symbol] });
    assert.equal([unknown.exitCode, unknown.outcomes[0]?.failure?.code], [3, 'UNKNOWN_SYMBOL']);
    assert.match(unknown.outcomes[0]?.failure?.hint ?? '', /chartctl retire NOSUCHUSDT/);
  });

  test('one whose candles are still served after it was removed counts as removed', async (world) => {
    const { symbol, since } = await listStopped(world, { state: 'TRADING', minutes: 10 });
    const refusal = { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } };
    world.exchange.faults.always(refusal, { path: 'exchangeInfo' });
    assert.equal((await expectSummary(ingest(world.context, { symbols: [symbol] }))).halt, { state: 'REMOVED', since });
  });

  test('many symbols share the request for their states, also beside one that Binance does not know', async (world) => {
    const stopped: string[] = [];
    for (let i = 0; i < 5; i += 1) stopped.push((await listStopped(world, { state: 'BREAK', minutes: 3 })).symbol);
    world.exchange.requests.length = 0;
    const halts = (await ingest(world.context, { symbols: stopped })).outcomes.map(
      ({ summary }) => summary?.halt?.state,
    );
    assert.equal(
      halts,
      stopped.map(() => 'BREAK'),
    );
    assert.is(countRequests(world, 'binance', 'exchangeInfo'), 1);
    const { outcomes } = await ingest(world.context, { symbols: [...stopped, 'NOSUCHUSDT'] });
    assert.equal(
      outcomes.map(({ summary, failure }) => summary?.halt?.state ?? failure?.code),
      [...stopped.map(() => 'BREAK'), 'UNKNOWN_SYMBOL'],
    );
  });

  test('a backfill names its gap as halted, also when rows of a fallback exchange follow', async (world) => {
    const { symbol, since } = await listStopped(world, { state: 'TRADING', minutes: 60 });
    await world.store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source)
       SELECT symbol, ?, open, high, low, close, volume, 'FALLBACK' FROM rolling_chart_data
       WHERE symbol = ? AND timestamp = ?`,
      [new Date(world.now - MINUTE_MS), symbol, new Date(since - MINUTE_MS)],
    );
    world.exchange.setState(symbol, 'BREAK');
    const { absent, stillMissing } = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 120 }));
    assert.equal(
      absent.map(({ from, cause }) => ({ from, cause })),
      [{ from: since, cause: 'halted' }],
    );
    assert.is(stillMissing, 0);
  });

  test('--fill-gaps does not fill the minutes since the halt, and fills those of an outage before it', async (world) => {
    const symbol = world.listSymbol(500);
    const outage = { from: world.now - 90 * MINUTE_MS, to: world.now - 80 * MINUTE_MS };
    const halt = { from: world.now - 30 * MINUTE_MS, to: world.now + MINUTE_MS };
    world.bybit.put(symbol, world.binance.candles(symbol, { from: outage.from - 60 * MINUTE_MS, to: halt.to }));
    for (const range of [outage, halt]) world.exchange.hide(symbol, range);
    world.exchange.setState(symbol, 'BREAK');
    const options = { symbols: [symbol], minutes: 120, fillGaps: true };
    const { fromFallback } = await expectSummary(backfill(world.context, options));
    assert.is(fromFallback, 10);
    assert.match(noticesOf(world, symbol).join('\n'), 'is not filled: halted at Binance (BREAK), since 2025-06-0');
    assert.is((await world.rows(symbol)).at(-1)!.openTime, halt.from - MINUTE_MS);
  });

  test('a gap of a symbol that was halted later keeps its unknown cause', async (world) => {
    const symbol = world.listSymbol(500);
    const hole = { from: world.now - 200 * MINUTE_MS, to: world.now - 190 * MINUTE_MS };
    world.exchange.hide(symbol, hole);
    world.exchange.hide(symbol, { from: world.now - 30 * MINUTE_MS, to: world.now + MINUTE_MS });
    world.exchange.setState(symbol, 'BREAK');
    const range = { from: hole.from - 20 * MINUTE_MS, to: hole.to };
    const { absent } = await expectSummary(backfill(world.context, { symbols: [symbol], range }));
    assert.equal(
      absent.map(({ cause }) => cause),
      ['unknown'],
    );
  });

  test('in its first minute the state is asked when the candle does not come; a symbol that is traded is substituted', async (world) => {
    const traded = await listStopped(world, { state: 'TRADING', minutes: 1 });
    const stopped = await listStopped(world, { state: 'BREAK', minutes: 1 });
    world.exchange.requests.length = 0;
    const [first, second] = await fetchWithoutWaiting(world, [traded.symbol, stopped.symbol]);
    assert.equal([first?.halt, first?.fallback], [null, 'bybit']);
    assert.equal([second?.halt, second?.fallback], [{ state: 'BREAK', since: stopped.since }, null]);
    assert.is(countRequests(world, 'binance', 'exchangeInfo'), 1);
    const substituted = world.exchange.requests.filter(({ exchange }) => exchange === 'bybit');
    assert.ok(substituted.every(({ symbol }) => symbol === traded.symbol));
  });

  test('one whose state Binance does not tell is taken from the fallback', async (world) => {
    const { symbol } = await listStopped(world, { state: 'BREAK', minutes: 1 });
    world.exchange.faults.always({ status: 400, body: { code: -1100, msg: 'no' } }, { path: 'exchangeInfo' });
    const [found] = await fetchWithoutWaiting(world, [symbol]);
    assert.equal([found?.halt, found?.fallback], [null, 'bybit']);
  });
});
