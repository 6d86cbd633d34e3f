import * as assert from 'uvu/assert';
import type { StoredCandle } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS, WARM_UP } from '../../src/core/indicator-columns.js';
import { annotateBlock } from '../../src/indicators/annotate-block.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { indicatorsAt } from '../../src/indicators/indicators-at.js';
import { blockOf } from '../harness/block-of.js';
import { group } from '../harness/group.js';
import { generateCandles } from './series.js';

const CANDLES = generateCandles(1300, 21);

/** The indicators of each candle as a record. */
function annotate(candles: readonly StoredCandle[]) {
  const { columns, isComplete } = annotateBlock(blockOf(candles));
  return candles.map((_, i) => ({ indicators: indicatorsAt(columns, i), isComplete: isComplete[i] === 1 }));
}

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
    const block = blockOf([...CANDLES.slice(0, 600), ...CANDLES.slice(610)]);
    const whole = annotateBlock(block);
    for (const place of [0, 1, 59, 60, 401, 599, 600, 659, 660, 1250, block.length - 1]) {
      const { columns, isComplete } = annotateBlock(block, block.openTime[place]);
      for (const column of INDICATOR_COLUMNS) {
        assert.ok(columns[column].subarray(0, place).every(Number.isNaN), `${column} before ${place}`);
        assert.equal([...columns[column].subarray(place)], [...whole.columns[column].subarray(place)]);
      }
      assert.equal([...isComplete.subarray(place)], [...whole.isComplete.subarray(place)]);
    }
  });

  test('nothing looks across a gap: after it the run starts anew', () => {
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

  test('a repeated minute ends a run: it never counts as a step', () => {
    const rows = annotate([...CANDLES.slice(0, 500), ...CANDLES.slice(499)]);
    assert.is(rows[500]!.indicators.volatility_1m, null);
    assert.is(rows[501]!.indicators.volatility_5m, null);
  });

  test('no rows give no rows', () => {
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
