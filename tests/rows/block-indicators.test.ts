import * as assert from 'uvu/assert';
import type { StoredCandle } from '../../src/core/candle.js';
import { calculateIndicators, type IndicatorArrays, indicatorsAt } from '../../src/indicators/calculate-indicators.js';
import { WARM_UP } from '../../src/indicators/indicator.js';
import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../../src/indicators/indicators.js';
import {
  annotateBlock,
  findDifferences,
  findStale,
  setIndicators,
  setIndicatorsFrom,
} from '../../src/rows/block-indicators.js';
import { createCandleBlock } from '../harness/candle-block.js';
import { group } from '../harness/group.js';
import { generateCandles } from '../indicators/series.js';

const CANDLES = generateCandles(1300, 21);

/** The indicators of each candle as a record. */
function annotate(candles: readonly StoredCandle[]) {
  const { columns, isComplete } = annotateBlock(createCandleBlock(candles));
  return candles.map((_, i) => ({ indicators: indicatorsAt(columns, i), isComplete: isComplete[i] === 1 }));
}

group('setIndicators', (test) => {
  test('of the stale ones of new rows, or of all from the first new one on, gives the same rows', () => {
    const candles = [...CANDLES.slice(0, 600), ...CANDLES.slice(610)]; // some rows without values, some incomplete
    for (const start of [0, 1, 450, 1200, candles.length]) {
      const [compared, copied] = [createCandleBlock(candles), createCandleBlock(candles)];
      const from = compared.openTime[start] ?? Infinity;
      const expected = annotateBlock(compared, from);
      setIndicators(compared, expected, findStale(compared, expected, from));
      setIndicatorsFrom(copied, expected, start);
      for (const column of [...INDICATOR_COLUMNS, 'isComplete'] as const) {
        assert.equal([...copied[column]], [...compared[column]], `${column} from ${start}`); // NaN has several forms
      }
      assert.is(copied.isComplete.includes(1), start < candles.length);
    }
  });
});

group('annotateBlock', (test) => {
  test('a whole run has the indicators of calculateIndicators and is complete from the 401st row', () => {
    const rows = annotate(CANDLES);
    assert.equal(
      rows.map((row) => row.indicators),
      calculateIndicators(CANDLES),
    );
    assert.is(
      rows.findIndex((row) => row.isComplete),
      WARM_UP,
    );
    assert.ok(rows.slice(WARM_UP).every((row) => row.isComplete));
  });

  test('from a minute on, the rows have exactly the indicators of the whole, and the rows before have none', () => {
    const block = createCandleBlock([...CANDLES.slice(0, 600), ...CANDLES.slice(610)]);
    const whole = annotateBlock(block);
    for (const index of [0, 1, 59, 60, 401, 599, 600, 659, 660, 1250, block.length - 1]) {
      const { columns, isComplete } = annotateBlock(block, block.openTime[index]);
      for (const column of INDICATOR_COLUMNS) {
        assert.ok(columns[column].subarray(0, index).every(Number.isNaN), `${column} before ${index}`);
        assert.equal([...columns[column].subarray(index)], [...whole.columns[column].subarray(index)]);
      }
      assert.equal([...isComplete.subarray(index)], [...whole.isComplete.subarray(index)]);
    }
  });

  test('no indicator is computed across a gap: a new run begins after it', () => {
    const rows = annotate([...CANDLES.slice(0, 700), ...CANDLES.slice(702)]);
    assert.ok(rows[699]!.isComplete);
    assert.ok(Object.values(rows[700]!.indicators).every((value) => value === null));
    assert.equal(
      rows.slice(700).map((row) => row.indicators),
      calculateIndicators(CANDLES.slice(702)),
    );
    assert.ok(!rows[700 + WARM_UP - 1]!.isComplete);
    assert.ok(rows[700 + WARM_UP]!.isComplete);
  });

  test('an unsound candle has no indicators, is not complete and ends its run', () => {
    const broken: StoredCandle[] = CANDLES.map((candle) => ({ ...candle }));
    broken[600] = { ...broken[600]!, close: NaN };
    broken[900] = { ...broken[900]!, volume: null };
    const rows = annotate(broken);
    for (const i of [600, 900]) {
      assert.ok(Object.values(rows[i]!.indicators).every((value) => value === null));
      assert.is(rows[i]!.isComplete, false);
    }
    assert.is(rows[601]!.indicators.volatility_1m, null);
    assert.equal(rows[602]!.indicators, calculateIndicators(CANDLES.slice(601))[1]);
    assert.ok(rows[599]!.isComplete);
    assert.ok(!rows[899]!.isComplete, 'the run 601..899 is shorter than the warm-up');
  });

  test('a repeated minute ends a run', () => {
    const rows = annotate([...CANDLES.slice(0, 500), ...CANDLES.slice(499)]);
    assert.is(rows[500]!.indicators.volatility_1m, null);
    assert.is(rows[501]!.indicators.volatility_5m, null);
  });

  test('no rows have no indicators', () => {
    assert.equal(annotate([]), []);
  });

  test('a row whose numbers overflow is not complete', () => {
    const huge = CANDLES.slice(0, 500).map((candle, i) => {
      const close = i % 2 === 0 ? 1.7e308 : 1e-300;
      return { ...candle, open: close, high: 1.7e308, low: 1e-300, close };
    });
    assert.ok(annotate(huge).every((row) => !row.isComplete));
  });
});

const CLOSE = 50_000;
const ROW = calculateIndicators(generateCandles(600, 3, CLOSE)).findLast(
  (row) => row.rsi! > 0 && row.volatility_1m! > 0,
)!;
const EMPTY = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

const LIMITS: Record<IndicatorColumn, number> = {
  rsi: 1e-8,
  macd: 1e-10 * CLOSE,
  macd_signal: 1e-10 * CLOSE,
  macd_histogram: 1e-10 * CLOSE,
  bb_upper: 1e-10 * ROW.bb_upper!,
  bb_middle: 1e-10 * ROW.bb_middle!,
  bb_lower: 1e-10 * ROW.bb_lower!,
  stoch_k: 1e-8,
  stoch_d: 1e-8,
  volatility_1m: 1e-10 * ROW.volatility_1m!,
  volatility_5m: 1e-10 * ROW.volatility_5m!,
  volatility_15m: 1e-10 * ROW.volatility_15m!,
  volatility_60m: 1e-10 * ROW.volatility_60m!,
};

/** Columns with the row at index 1; null is NaN, and other numbers that are not finite are Infinity. */
function toColumns(row: Indicators): IndicatorArrays {
  const toNumber = (value: number | null) => (value === null ? NaN : Number.isFinite(value) ? value : Infinity);
  const entries = INDICATOR_COLUMNS.map((column) => [column, Float64Array.of(0, toNumber(row[column]))]);
  return Object.fromEntries(entries) as IndicatorArrays;
}

function rowsDiffer(stored: Indicators, computed: Indicators): boolean {
  return findDifferences(toColumns(stored), toColumns(computed), Float64Array.of(0, CLOSE), 1)[1] === 1;
}

group('findDifferences', (test) => {
  test('equal numbers do not differ, nor do two rows without values', () => {
    assert.not(rowsDiffer(ROW, ROW));
    assert.not(rowsDiffer(EMPTY, EMPTY));
  });

  test('a value and no value differ, in each column and both ways', () => {
    for (const column of INDICATOR_COLUMNS) {
      assert.ok(rowsDiffer(ROW, { ...ROW, [column]: null }), column);
      assert.ok(rowsDiffer({ ...ROW, [column]: null }, ROW), column);
    }
  });

  test('a stored NaN or infinity differs from any value, and from no value', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const column of INDICATOR_COLUMNS) {
        assert.ok(rowsDiffer({ ...ROW, [column]: value }, ROW), column);
        assert.ok(rowsDiffer({ ...ROW, [column]: value }, { ...ROW, [column]: null }), column);
      }
    }
  });

  test('the limits are a tenth of the tolerances: 1e-8 points, 1e-10 of the close, 1e-10 of the value', () => {
    for (const column of INDICATOR_COLUMNS) {
      for (const sign of [1, -1]) {
        const off = (part: number) => ({ ...ROW, [column]: ROW[column]! + sign * part * LIMITS[column] });
        assert.not(rowsDiffer(off(0.9), ROW), column);
        assert.ok(rowsDiffer(off(1.1), ROW), column);
      }
    }
  });
});
