import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { DEFAULTS } from '../../src/core/limits.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { calculateColumns, calculateIndicators, toRunPrices } from '../../src/indicators/calculate-indicators.js';
import { RECURSION_REACH, WARM_UP } from '../../src/indicators/indicator.js';
import { INDICATOR_COLUMNS, LONGEST_WINDOW, LOOK_BACK } from '../../src/indicators/indicators.js';
import { convergence } from '../../src/indicators/macd.js';
import { relativeStrength } from '../../src/indicators/rsi.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import { group } from '../harness/group.js';
import { generateCandles } from './series.js';

const CANDLES = generateCandles(1500, 7);
const WHOLE = calculateColumns(toRunPrices(CANDLES));

function flatCandles(length: number, price: number): Candle[] {
  return Array.from({ length }, (_, i) => ({
    openTime: i * MINUTE_MS,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0,
  }));
}

group('every indicator column', (test) => {
  for (const column of INDICATOR_COLUMNS) {
    test(`${column} is as long as its input, also for 0, 1 and 20 candles`, () => {
      for (const length of [0, 1, 20, 1500]) {
        assert.is(calculateColumns(toRunPrices(CANDLES, 0, length))[column].length, length);
      }
    });

    test(`${column} has its first value exactly where declared, and every one after it`, () => {
      assert.is(WHOLE[column].findIndex(Number.isFinite), LOOK_BACK[column]);
      assert.ok(WHOLE[column].subarray(LOOK_BACK[column]).every(Number.isFinite));
    });

    test(`${column} of a prefix is the prefix of the whole: no value depends on a later candle`, () => {
      for (const length of [1, 19, 61, 401, 402, 777]) {
        const prefix = calculateColumns(toRunPrices(CANDLES, 0, length));
        assert.equal([...prefix[column]], [...WHOLE[column].subarray(0, length)]);
      }
    });
  }

  test('each column has its documented look-back', () => {
    const { rsi, macd, macd_signal, macd_histogram, bb_upper, stoch_k, stoch_d } = LOOK_BACK;
    assert.equal([rsi, macd, macd_signal, macd_histogram], [WARM_UP, WARM_UP, WARM_UP, WARM_UP]);
    assert.equal([bb_upper, stoch_k, stoch_d], [19, 13, 15]);
    assert.equal([LOOK_BACK.volatility_1m, LOOK_BACK.volatility_60m], [1, 60]);
  });

  test('the longest window is the longest look-back without a warm-up, and the default embargo', () => {
    const windows = INDICATOR_COLUMNS.map((column) => LOOK_BACK[column]).filter((lookBack) => lookBack !== WARM_UP);
    assert.is(LONGEST_WINDOW, Math.max(...windows));
    assert.is(LONGEST_WINDOW, DEFAULTS.embargoMinutes);
  });

  test('the input is not changed', () => {
    const run = toRunPrices(CANDLES);
    calculateColumns(run);
    assert.equal(run, toRunPrices(CANDLES));
    const frozen = CANDLES.slice(0, 50).map((candle) => Object.freeze({ ...candle }));
    assert.is(calculateIndicators(Object.freeze(frozen)).length, 50);
  });

  test('after the warm-up the columns are the values of the recursion', () => {
    const { close } = toRunPrices(CANDLES);
    assert.equal([...WHOLE.rsi.subarray(WARM_UP)], [...relativeStrength(close).subarray(WARM_UP)]);
    assert.equal([...WHOLE.macd_signal.subarray(WARM_UP)], [...convergence(close).macd_signal.subarray(WARM_UP)]);
  });
});

group('records', (test) => {
  test('calculateIndicators gives the columns candle by candle, null where there is no value', () => {
    const records = calculateIndicators(CANDLES);
    assert.is(records.length, CANDLES.length);
    for (const i of [0, 1, 13, 19, 60, 399, 400, 1499]) {
      for (const column of INDICATOR_COLUMNS) {
        const value = WHOLE[column][i]!;
        assert.is(records[i]![column], Number.isNaN(value) ? null : value);
      }
    }
    assert.equal(Object.keys(records[0]!), [...INDICATOR_COLUMNS]);
    assert.ok(Object.values(records[0]!).every((value) => value === null));
  });

  test('candles without an open time, which untyped code may pass, have the same indicators', () => {
    const untimed = CANDLES.map((candle) => ({ ...candle, openTime: undefined as unknown as number }));
    const [last, expected] = [calculateIndicators(untimed).at(-1)!, calculateIndicators(CANDLES).at(-1)!];
    assert.ok(Math.abs(last.rsi! - expected.rsi!) <= 1e-10);
    assert.is(last.bb_upper, expected.bb_upper);
  });

  test('a flat price has RSI 0, %K 0, volatility 0, and bands on the price itself', () => {
    for (const price of [42013.34, 0.1, 3e-8]) {
      const last = calculateIndicators(flatCandles(500, price)).at(-1)!;
      assert.equal([last.rsi, last.stoch_k, last.stoch_d, last.volatility_1m, last.volatility_60m], [0, 0, 0, 0, 0]);
      assert.equal([last.bb_upper, last.bb_middle, last.bb_lower], [price, price, price]);
      assert.ok(Math.abs(last.macd!) <= 1e-14 * price, `macd was ${last.macd}`);
    }
  });

  test('a price that only rises has RSI 100, one that only falls 0', () => {
    const slope = (step: number) =>
      flatCandles(450, 1000).map((candle, i) => {
        const close = 1000 + step * i;
        return { ...candle, open: close, high: close + 1, low: close - 1, close };
      });
    assert.is(calculateIndicators(slope(1)).at(-1)!.rsi, 100);
    assert.is(calculateIndicators(slope(-1)).at(-1)!.rsi, 0);
  });

  test('prices between 1e-75 and 1e75 never overflow', () => {
    for (const [one, other] of [
      [9.9e74, 1.01e-75],
      [9.9e74, 9.9e74 * (1 - Number.EPSILON)],
      [1.01e-75, 1.01e-75 * (1 + Number.EPSILON)],
    ] as const) {
      const close = Float64Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? one : other));
      const columns = calculateColumns({ high: close, low: close, close });
      for (const column of INDICATOR_COLUMNS)
        assert.ok(columns[column].subarray(LOOK_BACK[column]).every(Number.isFinite), column);
    }
  });

  test('an overflow is no value', () => {
    const last = calculateIndicators(
      flatCandles(500, 1).map((candle, i) => {
        const close = i % 2 === 0 ? 1.7e308 : 1e-300;
        return { ...candle, open: close, high: 1.7e308, low: 1e-300, close };
      }),
    ).at(-1)!;
    assert.is(last.bb_upper, null);
    assert.ok(Object.values(last).every((value) => value === null || Number.isFinite(value)));
  });
});

/** Rows from `from` on have the same bits when the computation starts `WARM_UP` or more candles before. */
function assertPathIndependent(candles: readonly Candle[], starts: readonly number[]): void {
  const whole = calculateColumns(toRunPrices(candles));
  for (const from of starts) {
    for (const reach of [WARM_UP, RECURSION_REACH].filter((candidate) => candidate <= from)) {
      const again = calculateColumns(toRunPrices(candles, from - reach));
      for (const column of INDICATOR_COLUMNS) {
        const expected = whole[column].subarray(from);
        const differing = again[column].subarray(reach).findIndex((value, i) => !Object.is(value, expected[i]));
        if (differing < 0) continue;
        const values = [again[column][reach + differing], expected[differing]];
        assert.unreachable(`${column} of row ${from + differing} from ${from - reach}: ${values.join(', expected ')}`);
      }
    }
  }
}

group('path independence', (test) => {
  test('a start 1,000 candles earlier gives the same numbers on random walks with unchanged stretches', () => {
    for (const seed of [1, 2, 3, 4, 5])
      assertPathIndependent(generateCandles(4000, seed), [1000, 1001, 1500, 2222, 3000]);
  });

  test('the same when the price is unchanged for longer than the recursion reaches back', () => {
    const moving = generateCandles(700, 11);
    const still = flatCandles(2500, moving.at(-1)!.close);
    const candles = [...moving, ...still].map((candle, i) => ({ ...candle, openTime: i * MINUTE_MS }));
    assertPathIndependent(candles, [1000, 1400, 1750, 2100, 3000]);
  });

  test('the same after spikes of any factor from 1e-15 to 1e15, beside the start', () => {
    const spike = fc.record({
      at: fc.integer({ min: -40, max: 40 }),
      length: fc.integer({ min: 1, max: 30 }),
      power: fc.double({ min: -15, max: 15, noNaN: true }),
    });
    const property = fc.property(fc.array(spike, { minLength: 1, maxLength: 4 }), fc.nat(), (spikes, seed) => {
      const shift = (seed - 2 ** 30) * MINUTE_MS; // also before 1970
      const candles = generateCandles(1200, 1 + (seed % 2_000_000_000)).map((candle) => {
        return { ...candle, openTime: candle.openTime + shift };
      });
      const start = 600;
      for (const { at, length, power } of spikes) {
        for (const candle of candles.slice(start + at, start + at + length)) {
          for (const field of ['open', 'high', 'low', 'close'] as const) candle[field] *= 10 ** power;
        }
      }
      assertPathIndependent(candles, [start + WARM_UP, start + WARM_UP + 1, start + WARM_UP + 13]);
    });
    fc.assert(property, { numRuns: 100, seed: 20250601 });
  });

  for (const name of ['BTCUSDT', 'ETHUSDT']) {
    test(`the same on real candles of ${name}`, () => {
      const candles = readFixtureCandles(`clean/${name}-1m-2025-05-20_2025-06-10.csv.br`).slice(0, 6000);
      assert.is(candles.length, 6000);
      assertPathIndependent(candles, [1000, 1777, 4000]);
    });
  }
});

/** One step of a walk: a move, a wick, and the number of minutes without a change after it. */
const STEP = fc.record({
  move: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
  wick: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true })),
  still: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) }),
});
const WALK = fc.tuple(fc.constantFrom(1e-8, 3e-5, 1, 42000, 5e11), fc.array(STEP, { minLength: 300, maxLength: 500 }));

function toWalk([price, steps]: [number, { move: number; wick: number; still: number }[]]): Candle[] {
  const candles: Candle[] = [];
  let close = price;
  const push = (open: number, wick: number) => {
    const [high, low] = [Math.max(open, close) * (1 + wick), Math.min(open, close) * (1 - wick)];
    candles.push({ openTime: candles.length * MINUTE_MS, open, high, low, close, volume: 1 });
  };
  for (const { move, wick, still } of steps) {
    const open = close;
    close = Math.min(1e13, Math.max(1e-10, close * (1 + move)));
    push(open, wick);
    for (let i = 0; i < still; i += 1) push(close, 0);
  }
  return candles;
}

group('any walk', (test) => {
  test('has no NaN or infinity, RSI and %K from 0 to 100, and ordered bands', () => {
    let complete = 0;
    const property = fc.property(WALK, (walk) => {
      for (const row of calculateIndicators(toWalk(walk))) {
        for (const value of Object.values(row)) assert.ok(value === null || Number.isFinite(value));
        for (const value of [row.rsi, row.stoch_k, row.stoch_d])
          assert.ok(value === null || (value >= 0 && value <= 100));
        assert.ok(row.bb_lower! <= row.bb_middle! && row.bb_middle! <= row.bb_upper!);
        assert.ok(row.volatility_60m === null || row.volatility_60m >= row.volatility_15m!);
        if (row.rsi !== null) complete += 1;
      }
    });
    fc.assert(property, { numRuns: 60, seed: 20250601 });
    assert.ok(complete > 1000, `only ${complete} rows had an RSI`);
  });
});
