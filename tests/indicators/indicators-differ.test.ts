import * as assert from 'uvu/assert';
import type { Indicators } from '../../src/core/indicator-columns.js';
import { INDICATOR_COLUMNS } from '../../src/core/indicator-columns.js';
import type { IndicatorArrays } from '../../src/indicators/calculate-columns.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { columnsDiffer, indicatorsDiffer } from '../../src/indicators/indicators-differ.js';
import { group } from '../harness/group.js';
import { generateCandles } from './series.js';

const CLOSE = 50_000;
const ROW = calculateIndicators(generateCandles(600, 3, CLOSE)).findLast(
  (row) => row.rsi! > 0 && row.volatility_1m! > 0,
)!;

group('indicatorsDiffer', (test) => {
  test('the same numbers do not differ, nor do nulls', () => {
    const empty = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;
    assert.not(indicatorsDiffer(ROW, { ...ROW }, CLOSE));
    assert.not(indicatorsDiffer(empty, { ...empty }, CLOSE));
  });

  test('a number against null differs, in each column and both ways', () => {
    for (const column of INDICATOR_COLUMNS) {
      assert.ok(indicatorsDiffer(ROW, { ...ROW, [column]: null }, CLOSE), column);
      assert.ok(indicatorsDiffer({ ...ROW, [column]: null }, ROW, CLOSE), column);
    }
  });

  test('a stored NaN or infinity differs from any number', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const column of INDICATOR_COLUMNS)
        assert.ok(indicatorsDiffer({ ...ROW, [column]: value }, ROW, CLOSE), column);
    }
  });

  test('the limits are a tenth of the tolerances: 1e-8 points, 1e-10 of the close, 1e-10 of the value', () => {
    const limits = [
      ['rsi', 1e-8],
      ['stoch_k', 1e-8],
      ['stoch_d', 1e-8],
      ['macd', 1e-10 * CLOSE],
      ['macd_signal', 1e-10 * CLOSE],
      ['macd_histogram', 1e-10 * CLOSE],
      ['bb_upper', 1e-10 * ROW.bb_upper!],
      ['volatility_60m', 1e-10 * ROW.volatility_60m!],
    ] as const;
    for (const [column, limit] of limits) {
      assert.not(indicatorsDiffer({ ...ROW, [column]: ROW[column]! + 0.9 * limit }, ROW, CLOSE), column);
      assert.ok(indicatorsDiffer({ ...ROW, [column]: ROW[column]! + 1.1 * limit }, ROW, CLOSE), column);
    }
  });
});

/** One row as columns: null as NaN, what is not finite as an infinity. */
function toColumns(row: Indicators): IndicatorArrays {
  const toNumber = (value: number | null) => (value === null ? NaN : Number.isFinite(value) ? value : Infinity);
  const entries = INDICATOR_COLUMNS.map((column) => [column, Float64Array.of(0, toNumber(row[column]))]);
  return Object.fromEntries(entries) as IndicatorArrays;
}

function rowsDiffer(stored: Indicators, computed: Indicators): boolean {
  return columnsDiffer(toColumns(stored), toColumns(computed), Float64Array.of(0, CLOSE), 1);
}

/** The largest difference that the records' form lets pass in a column, found by halving. */
function limitOf(column: keyof Indicators): number {
  let [passes, differs] = [0, Math.abs(ROW[column]!) + 1];
  for (let i = 0; i < 100; i += 1) {
    const middle = (passes + differs) / 2;
    if (indicatorsDiffer({ ...ROW, [column]: ROW[column]! + middle }, ROW, CLOSE)) differs = middle;
    else passes = middle;
  }
  return passes;
}

group('columnsDiffer', (test) => {
  test('the same numbers do not differ, nor do two rows without any', () => {
    const empty = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;
    assert.not(rowsDiffer(ROW, ROW));
    assert.not(rowsDiffer(empty, empty));
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

  test('every column has the limit that it has for records', () => {
    for (const column of INDICATOR_COLUMNS) {
      const limit = limitOf(column);
      assert.ok(limit > 0 && limit < 1e-5, `${column}: ${limit}`);
      for (const sign of [1, -1]) {
        assert.not(rowsDiffer({ ...ROW, [column]: ROW[column]! + sign * 0.99 * limit }, ROW), column);
        assert.ok(rowsDiffer({ ...ROW, [column]: ROW[column]! + sign * 1.01 * limit }, ROW), column);
      }
    }
  });
});
