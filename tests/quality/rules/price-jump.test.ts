import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { findPriceJumps } from '../../../src/quality/rules/price-jump.js';
import { toSeries } from '../../../src/rows/candle-series.js';
import { group } from '../../harness/group.js';
import { addWick, moveClose, movePrices } from './inject.js';

const AT = 700;
const CALM = generateCandles('BTCUSDT', { from: 0, to: 1000 * MINUTE_MS }).map((candle) => ({ ...candle, volume: 5 }));

/** The indices that match when one candle (or several) is changed. */
function placesFound(change: (candle: Candle) => Candle, from = AT, to = from + 1): number[] {
  const candles = CALM.map((candle, i) => (i >= from && i < to ? change(candle) : candle));
  return findPriceJumps(toSeries(candles)).map(({ openTime }) => openTime / MINUTE_MS);
}

group('findPriceJumps', (test) => {
  test('a market with usual moves has no match', () => assert.equal(findPriceJumps(toSeries(CALM)), []));

  for (const factor of [1.02, 0.98]) {
    test(`a wick, a close or a whole candle at ${factor} of the price matches once, at its minute`, () => {
      assert.equal(
        placesFound((candle) => addWick(candle, factor)),
        [AT],
      );
      assert.equal(
        placesFound((candle) => moveClose(candle, factor)),
        [AT],
      );
      assert.equal(
        placesFound((candle) => movePrices(candle, factor)),
        [AT],
      );
    });
  }

  test('the value is the move of the price, above the threshold', () => {
    const series = toSeries(CALM.map((candle, i) => (i === AT ? addWick(candle, 1.05) : candle)));
    const [{ value, threshold, reason }] = findPriceJumps(series) as [ReturnType<typeof findPriceJumps>[0]];
    assert.ok(Math.abs(value! - 0.05) < 0.003, `value ${value}`);
    assert.ok(threshold! > 0.0049 && threshold! < value!, `threshold ${threshold}`);
    assert.match(reason, /^the price moved by 5\.\d\d % and reverted, on 1\.0 times the median volume/);
  });

  test('an extreme on heavy volume is real, up to 18 % in a minute', () => {
    for (const factor of [1.18, 0.82]) {
      assert.equal(
        placesFound((candle) => ({ ...addWick(candle, factor), volume: 5 * 40 })),
        [],
      );
    }
  });

  test('a price that does not revert is no jump', () => {
    assert.equal(
      placesFound((candle) => movePrices(candle, 1.05), AT, CALM.length),
      [],
    );
  });

  test('two displaced candles in a row are no jump', () => {
    assert.equal(
      placesFound((candle) => movePrices(candle, 1.02), AT, AT + 2),
      [],
    );
  });

  test('no match in the first hour, nor in a market that rarely moves', () => {
    assert.equal(
      placesFound((candle) => addWick(candle, 1.05), 30),
      [],
    );
    const still = CALM.map((candle) => ({ ...candle, open: 7, high: 7, low: 7, close: 7 }));
    const ticks = still.map((candle, i) => (i % 5 === 0 ? { ...candle, high: 7.1 } : candle));
    assert.equal(findPriceJumps(toSeries(ticks)), []);
  });

  test('before a gap only the candle itself counts', () => {
    const candles = CALM.map((candle, i) => (i === AT ? addWick(candle, 1.05) : candle));
    candles.splice(AT + 1, 3);
    candles.splice(AT - 3, 3);
    assert.equal(
      findPriceJumps(toSeries(candles)).map(({ openTime }) => openTime / MINUTE_MS),
      [AT],
    );
  });
});
