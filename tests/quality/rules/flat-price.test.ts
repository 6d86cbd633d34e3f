import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { findFlatPrices } from '../../../src/quality/rules/flat-price.js';
import { toSeries } from '../../../src/rows/candle-series.js';
import { group } from '../../harness/group.js';

/** Consecutive minutes at one price without volume. */
function flat(count: number, price = 7): Candle[] {
  const prices = { open: price, high: price, low: price, close: price };
  return Array.from({ length: count }, (_, i) => ({ openTime: i * MINUTE_MS, ...prices, volume: 0 }));
}

const lengths = (candles: readonly Candle[], minutes?: number) =>
  findFlatPrices(toSeries(candles), minutes).map(({ value }) => value);

group('findFlatPrices', (test) => {
  test('every row of ten flat minutes matches, with the length of the stretch and the limit', () => {
    const found = findFlatPrices(toSeries(flat(10)));
    assert.equal(
      found.map(({ openTime }) => openTime / MINUTE_MS),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(
      [found[0]!.value, found[0]!.threshold, found[0]!.reason],
      [10, 10, 'one of 10 consecutive minutes at 7 without volume'],
    );
  });

  test('nine do not, except with a lower limit', () => {
    assert.equal(lengths(flat(9)), []);
    assert.equal(lengths(flat(9), 9), Array(9).fill(9));
  });

  const breaks: [string, (candle: Candle) => Candle | null][] = [
    ['a missing minute', () => null],
    ['a trade', (candle) => ({ ...candle, volume: 0.001 })],
    ['a movement', (candle) => ({ ...candle, high: 8 })],
  ];
  for (const [what, change] of breaks) {
    test(`${what} divides a stretch`, () => {
      const candles = flat(22).flatMap((candle, i) => (i === 9 ? (change(candle) ?? []) : candle));
      assert.equal(lengths(candles), Array(12).fill(12));
    });
  }

  test('a change of price begins another stretch', () => {
    const later = flat(12, 8).map((candle) => ({ ...candle, openTime: candle.openTime + 10 * MINUTE_MS }));
    assert.equal(lengths([...flat(10), ...later]), [...Array<number>(10).fill(10), ...Array<number>(12).fill(12)]);
  });
});
