import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { Failure } from '../../../src/core/failure.js';
import { normalizeFallbackVolume } from '../../../src/exchange/fallbacks/fallback-exchange.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';

const PRICES = { high: 110, low: 90, close: 100 };

group('normalizeFallbackVolume', (test) => {
  test('base volume is taken as it is', () => {
    assert.is(normalizeFallbackVolume({ ...PRICES, baseVolume: 3, quoteVolume: 1 }), 3);
    assert.is(normalizeFallbackVolume({ ...PRICES, baseVolume: 0 }), 0);
  });

  test('quote volume is divided by the volume-weighted price where it is given', () => {
    assert.is(normalizeFallbackVolume({ ...PRICES, quoteVolume: 475, vwap: 95 }), 5);
  });

  test('quote volume is divided by the typical price otherwise', () => {
    assert.is(normalizeFallbackVolume({ ...PRICES, close: 130 / 3, high: 130 / 3, low: 130 / 3, quoteVolume: 130 }), 3);
    assert.is(normalizeFallbackVolume({ high: 110, low: 90, close: 106, quoteVolume: 204 }), 2);
  });

  test('a weighted price outside low and high is ignored', () => {
    assert.is(normalizeFallbackVolume({ ...PRICES, quoteVolume: 600, vwap: 0 }), 6);
    assert.is(normalizeFallbackVolume({ ...PRICES, quoteVolume: 600, vwap: 111 }), 6);
  });

  test('without trades the volume is 0, whatever the prices', () => {
    assert.is(normalizeFallbackVolume({ high: 0, low: 0, close: 0, quoteVolume: 0, vwap: 0 }), 0);
  });

  test('without any volume, or without a price to divide by, it fails', () => {
    assert.throws(
      () => normalizeFallbackVolume(PRICES),
      (error: unknown) => error instanceof Failure && /neither base nor quote/.test(error.message),
    );
    assert.throws(
      () => normalizeFallbackVolume({ high: 0, low: 0, close: 0, quoteVolume: 5 }),
      /a quote volume of 5 was given with the price 0/,
    );
  });

  const binance = readFixtureCandles('fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br');
  const binanceUs = readFixtureCandles('fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br');

  test('on a real second venue the typical price is never off by more than the range of the minute', () => {
    for (const candle of binanceUs) {
      for (const traded of [candle.low, candle.high]) {
        const found = normalizeFallbackVolume({ ...candle, quoteVolume: candle.volume * traded });
        const allowed = (candle.volume * (candle.high - candle.low)) / candle.low;
        assert.ok(Math.abs(found - candle.volume) <= allowed + 1e-12, `${found} for ${candle.volume}`);
      }
    }
  });

  test("only the unit is made equal: a second venue's volume is still its own, 1/420 of Binance's", () => {
    const total = (candles: readonly Candle[]) =>
      candles.reduce(
        (sum, candle) => sum + normalizeFallbackVolume({ ...candle, quoteVolume: candle.volume * candle.close }),
        0,
      );
    const share = total(binance) / total(binanceUs);
    assert.ok(share > 100 && share < 1000, `the share was 1/${share.toFixed(0)}`);
  });
});
