import * as assert from 'uvu/assert';
import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../../src/core/indicator-columns.js';
import type { IndicatorArrays } from '../../src/indicators/calculate-columns.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { columnsDiffer } from '../../src/indicators/columns-differ.js';
import { group } from '../harness/group.js';
import { generateCandles } from './series.js';

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

/** A row in the second place of its columns; null is NaN, what is not finite an infinity. */
function toColumns(row: Indicators): IndicatorArrays {
  const toNumber = (value: number | null) => (value === null ? NaN : Number.isFinite(value) ? value : Infinity);
  const entries = INDICATOR_COLUMNS.map((column) => [column, Float64Array.of(0, toNumber(row[column]))]);
  return Object.fromEntries(entries) as IndicatorArrays;
}

function rowsDiffer(stored: Indicators, computed: Indicators): boolean {
  return columnsDiffer(toColumns(stored), toColumns(computed), Float64Array.of(0, CLOSE), 1);
}

group('columnsDiffer', (test) => {
  test('the same numbers do not differ, nor do two rows without any', () => {
    assert.not(rowsDiffer(ROW, ROW));
    assert.not(rowsDiffer(EMPTY, EMPTY));
  });

  test('a number against none differs, in each column and both ways', () => {
    for (const column of INDICATOR_COLUMNS) {
      assert.ok(rowsDiffer(ROW, { ...ROW, [column]: null }), column);
      assert.ok(rowsDiffer({ ...ROW, [column]: null }, ROW), column);
    }
  });

  test('a stored NaN or infinity differs from any number, and from none', () => {
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
