import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { IndicatorArrays } from '../../../src/indicators/calculate-indicators.js';
import { RECURSION_REACH } from '../../../src/indicators/indicator.js';
import { INDICATOR_COLUMNS, LOOK_BACK } from '../../../src/indicators/indicators.js';
import { annotateBlock, findDifferences } from '../../../src/rows/block-indicators.js';
import { trimBlock } from '../../../src/rows/row-block.js';
import { splitRuns } from '../../../src/rows/runs.js';
import { createCandleBlock } from '../../harness/candle-block.js';
import { group } from '../../harness/group.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(20, 3_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };

/** A stretch of a market: how far the price moves at each minute, and what it ends with. */
const stretch = fc.record({
  minutes: fc.integer({ min: 1, max: 600 }),
  move: fc.constantFrom(0, 1e-9, 1e-4, 0.01, 0.5),
  spike: fc.constantFrom(1, 1, 1, 20, 1 / 20),
  end: fc.constantFrom('on', 'on', 'gap', 'unsound'),
});
/** Sound candles of a price from 1e-12 to 1e12 and more, with still stretches, spikes, gaps and unsound rows. */
const markets = fc
  .tuple(fc.integer({ min: -12, max: 12 }), fc.array(stretch, { minLength: 1, maxLength: 6 }), fc.integer())
  .map(([power, stretches, seed]) => {
    const price = 10 ** power;
    let [close, minute, state] = [price, 0, seed];
    // a linear congruential generator: the candles follow from the stretches
    const chance = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    const candles = stretches.flatMap(({ minutes, move, spike, end }) => {
      const some = Array.from({ length: minutes }, (_, i) => {
        const open = close;
        const factor = (i === minutes - 1 ? spike : 1) * (1 + move * (chance() - 0.5));
        close = Math.min(price * 1e3, Math.max(price / 1e3, close * factor));
        const wick = 1 + move * chance();
        minute += 1;
        const [high, low] = [Math.max(open, close) * wick, Math.min(open, close) / wick];
        return { openTime: minute * MINUTE_MS, open, high, low, close, volume: 1 };
      });
      if (end === 'gap') minute += 3;
      return end === 'unsound' ? [...some.slice(0, -1), { ...some.at(-1)!, high: 0 }] : some;
    });
    return createCandleBlock(candles);
  });

/** The columns without their first `count` numbers. */
function skip(columns: IndicatorArrays, count: number): IndicatorArrays {
  const entries = INDICATOR_COLUMNS.map((column) => [column, columns[column].subarray(count)]);
  return Object.fromEntries(entries) as IndicatorArrays;
}

group('indicators of any sound candles', (test) => {
  const properties = new Properties({
    fault: 'indicators of random markets, computed in one pass and in pieces',
    unit: 'markets',
  });

  test(
    'values are finite exactly from the look-back of the run on, and NaN before it',
    () => {
      properties.checkNow('positions', RUNS, markets, (block) => {
        const { columns, isComplete } = annotateBlock(block);
        const place = new Int32Array(block.length).fill(-1);
        for (const { start, end } of splitRuns(block)) for (let i = start; i < end; i += 1) place[i] = i - start;
        for (const column of INDICATOR_COLUMNS) {
          for (let i = 0; i < block.length; i += 1) {
            const [value, isDue] = [columns[column][i]!, place[i]! >= LOOK_BACK[column]];
            if (isDue ? !Number.isFinite(value) : !Number.isNaN(value)) assert.unreachable(`${column} ${i}: ${value}`);
          }
        }
        const whole = Math.max(...Object.values(LOOK_BACK));
        for (let i = 0; i < block.length; i += 1) assert.is(isComplete[i], Number(place[i]! >= whole));
      });
    },
    TIMEOUT,
  );

  test(
    'later candles change no earlier value',
    () => {
      properties.checkNow('prefixes', RUNS, fc.tuple(markets, fc.nat()), ([block, at]) => {
        const length = at % (block.length + 1);
        const [whole, prefix] = [annotateBlock(block).columns, annotateBlock(trimBlock(block, length)).columns];
        for (const column of INDICATOR_COLUMNS) {
          const isSame = prefix[column].every((value, i) => Object.is(value, whole[column][i]));
          assert.ok(isSame, `${column} of ${length} of ${block.length}`);
        }
      });
    },
    TIMEOUT,
  );

  test(
    'pieces with enough look-back give the values of one pass',
    () => {
      properties.checkNow('pieces', RUNS, fc.tuple(markets, fc.integer({ min: 1, max: 700 })), ([block, size]) => {
        const whole = annotateBlock(block).columns;
        for (let from = 0; from < block.length; from += size) {
          const start = Math.max(0, from - RECURSION_REACH);
          const to = Math.min(block.length, from + size);
          const piece = blockSlice(block, start, to);
          const found = annotateBlock(piece, block.openTime[from]).columns;
          const before = skip(whole, start);
          const differing = findDifferences(before, found, piece.close, from - start).indexOf(1);
          assert.is(differing, -1, `row ${start + differing}, piece from ${from}`);
        }
      });
    },
    TIMEOUT,
  );

  test('all held', () => properties.conclude());
});

/** The rows of a block from `start` up to `end`. */
function blockSlice(
  block: ReturnType<typeof createCandleBlock>,
  start: number,
  end: number,
): ReturnType<typeof createCandleBlock> {
  const { length, ...columns } = trimBlock(block, end);
  const entries = Object.entries(columns).map(([name, values]) => [name, values.subarray(start)]);
  return { ...(Object.fromEntries(entries) as typeof columns), length: length - start };
}
