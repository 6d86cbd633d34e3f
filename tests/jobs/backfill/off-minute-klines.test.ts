import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { OFF_MINUTE_CAUSE } from '../../../src/core/known-gap.js';
import { DAY_MS, HOUR_MS, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { minutesOf } from '../../../src/core/range.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';

/** As on 2018-02-09: nothing during maintenance, then candles off the minute for two hours, then aligned ones again. */
const SHIFT_MS = 14_789;
const WHOLE_MS = 8 * HOUR_MS;

interface Shifted {
  symbol: string;
  /** The first minute of the maintenance. */
  maintenance: Minute;
  /** The first candle off the minute is in this one. */
  shifted: Minute;
  /** The first aligned candle. */
  aligned: Minute;
  end: Minute;
}

function listShifted(world: JobWorld): Shifted {
  const end = world.now - DAY_MS;
  const [maintenance, shifted, aligned] = [5, 4, 2].map((hours) => end - hours * HOUR_MS) as [Minute, Minute, Minute];
  const symbol = world.listSymbol(1);
  world.binance.remove(symbol, { from: world.now - MINUTE_MS, to: world.now + 2 * DAY_MS });
  const candles = generateCandles(symbol, { from: end - WHOLE_MS, to: end });
  world.binance.put(
    symbol,
    candles.flatMap((candle): Candle[] => {
      if (candle.openTime < maintenance || candle.openTime >= aligned) return [candle];
      return candle.openTime < shifted ? [] : [{ ...candle, openTime: candle.openTime + SHIFT_MS }];
    }),
  );
  return { symbol, maintenance, shifted, aligned, end };
}

jobGroup("Binance's candles off the minute", (test) => {
  test('cost their minutes only and are named once; what is before and after them is stored', async (world) => {
    const { symbol, maintenance, shifted, aligned, end } = listShifted(world);
    const result = await backfill(world.context, { symbols: [symbol], range: { from: end - WHOLE_MS, to: end } });
    const [{ summary } = {}] = result.outcomes;
    assert.equal([result.exitCode, summary?.stillMissing], [0, 0]);
    assert.equal(
      summary?.absent.map(({ from, to, cause }) => ({ from, to, cause })).filter(({ from }) => from >= end - WHOLE_MS),
      [
        { from: maintenance, to: shifted, cause: 'unknown' },
        { from: shifted, to: aligned, cause: OFF_MINUTE_CAUSE },
      ],
    );
    const stored = (await world.rows(symbol)).map(({ openTime }) => openTime);
    assert.equal(stored, [
      ...minutesOf({ from: end - WHOLE_MS, to: maintenance }),
      ...minutesOf({ from: aligned, to: end }),
    ]);
    assert.not.ok(world.notices.some((notice) => notice.includes(symbol)));
  });

  test('a range after them is not blocked by its warm-up, and a verification keeps their cause', async (world) => {
    const { symbol, shifted, aligned, end } = listShifted(world);
    const after = { from: aligned + 10 * MINUTE_MS, to: aligned + 60 * MINUTE_MS };
    const result = await backfill(world.context, { symbols: [symbol], range: after });
    assert.equal([result.exitCode, result.outcomes[0]?.summary?.rows], [0, 50]);
    const range = { from: shifted - 10 * MINUTE_MS, to: end };
    const verified = await verify(world.context, { symbols: [symbol], range, repair: true });
    assert.equal(verified.outcomes[0]?.failure, undefined);
    const { absent } = await expectSummary(backfill(world.context, { symbols: [symbol], range }));
    assert.equal(
      absent.map(({ from, to, cause }) => ({ from, to, cause })).filter(({ cause }) => cause === OFF_MINUTE_CAUSE),
      [{ from: shifted, to: aligned, cause: OFF_MINUTE_CAUSE }],
    );
  });

  test('two klines of one minute do not push the last minute out of the answer', async (world) => {
    const symbol = world.listSymbol(1500);
    const from = world.now - 1200 * MINUTE_MS;
    const cut = world.binance.get(symbol, from + 500 * MINUTE_MS)!;
    world.binance.put(symbol, [{ ...cut, openTime: cut.openTime + SHIFT_MS }]);
    const found = await world.context.market.fetchCandles(symbol, { from, to: from + 1000 * MINUTE_MS });
    assert.is(found.length, 999);
    assert.is(found.at(-1)!.openTime, from + 999 * MINUTE_MS);
    assert.not.ok(found.some(({ openTime }) => openTime === cut.openTime));
    assert.is(await world.context.market.findLastMinute(symbol, cut.openTime + MINUTE_MS), cut.openTime);
  });
});
