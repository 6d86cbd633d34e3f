import * as assert from 'uvu/assert';
import { isSound, type Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { group } from '../../harness/group.js';

const FROM = Date.UTC(2025, 5, 1);
const minute = (n: number) => FROM + n * MINUTE_MS;
const DAYS = generateCandles('BTCUSDT', { from: FROM, to: minute(14 * 1440) });

function logReturns(candles: readonly Candle[]): number[] {
  return candles.slice(1).map(({ close }, i) => Math.log(close / candles[i]!.close));
}

function deviation(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function correlation(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const product = centred.slice(lag).reduce((sum, value, i) => sum + value * centred[i]!, 0);
  return product / centred.reduce((sum, value) => sum + value * value, 0);
}

group('generateCandles', (test) => {
  test('the same minute is the same candle in whatever range it is asked for', () => {
    assert.equal(generateCandles('BTCUSDT', { from: minute(500), to: minute(700) }), DAYS.slice(500, 700));
    assert.equal(generateCandles('BTCUSDT', { from: minute(9999), to: minute(10_000) }), [DAYS[9999]]);
  });

  test('it is this very candle, today and in any later version', () => {
    assert.equal(DAYS[0], {
      openTime: FROM,
      open: 63784.5,
      high: 63793.5,
      low: 63720.3,
      close: 63723.6,
      volume: 14.37176,
    });
  });

  test('every minute is there, and sound', () => {
    assert.is(DAYS.length, 14 * 1440);
    assert.ok(DAYS.every(isSound));
    assert.ok(DAYS.every(({ openTime }, i) => openTime === minute(i)));
  });

  test('a candle opens where the one before it closed', () => {
    assert.ok(DAYS.slice(1).every(({ open }, i) => open === DAYS[i]!.close));
  });

  test('prices have the digits that an exchange would serve', () => {
    const text = JSON.stringify(generateCandles('DOGEUSDT', { from: FROM, to: minute(1000) }));
    assert.ok((text.match(/\d+\.\d+/g) ?? []).every((number) => number.split('.')[1]!.length <= 8));
  });

  test('symbols differ', () => {
    const [first] = generateCandles('AAAUSDT', { from: FROM, to: minute(1) });
    const [second] = generateCandles('AABUSDT', { from: FROM, to: minute(1) });
    assert.is.not(first!.close, second!.close);
  });

  test('returns are those of a market: no memory in themselves, a long one in their size, a few wild ones', () => {
    const returns = logReturns(DAYS);
    const sigma = deviation(returns);
    assert.ok(sigma > 0.0004 && sigma < 0.001, `sigma was ${sigma}`);
    assert.ok(Math.abs(correlation(returns, 1)) < 0.03);
    assert.ok(correlation(returns.map(Math.abs), 30) > 0.1);
    assert.ok(returns.some((value) => Math.abs(value) > 4 * sigma));
  });

  test('volume is spread as in a market: the rule avg + 3 * stddev names one or two in a hundred', () => {
    const volumes = DAYS.map(({ volume }) => volume);
    const mean = volumes.reduce((sum, value) => sum + value, 0) / volumes.length;
    const limit = mean + 3 * deviation(volumes.map((value) => value - mean));
    const share = volumes.filter((value) => value > limit).length / volumes.length;
    assert.ok(share > 0.005 && share < 0.03, `the share was ${share}`);
  });
});
