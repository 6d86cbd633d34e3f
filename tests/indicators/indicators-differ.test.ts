import * as assert from 'uvu/assert';
import type { Indicators } from '../../src/core/indicator-columns.js';
import { INDICATOR_COLUMNS } from '../../src/core/indicator-columns.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { indicatorsDiffer } from '../../src/indicators/indicators-differ.js';
import { group } from '../harness/group.js';
import { generateCandles } from './series.js';

const CLOSE = 50_000;
const ROW = calculateIndicators(generateCandles(600, 3, CLOSE)).findLast(
  (row) => row.rsi! > 0 && row.volatility_60m! > 0,
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
