import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { findVolumeUnits } from '../../../src/quality/rules/volume-unit.js';
import { toSeries } from '../../../src/rows/candle-series.js';
import { group } from '../../harness/group.js';
import { addWick, moveVolume } from './inject.js';

const BTC = generateCandles('BTCUSDT', { from: 0, to: 3000 * MINUTE_MS });

const toQuote = (candle: Candle) => moveVolume(candle, candle.close);
const toLess = (candle: Candle) => moveVolume(candle, 1 / candle.close);

/** The minutes that match when some of them are changed. */
function minutesFound(change: (candle: Candle) => Candle, from: number, to: number, candles = BTC): number[] {
  const changed = candles.map((candle, i) => (i >= from && i < to ? change(candle) : candle));
  return findVolumeUnits(toSeries(changed)).map(({ openTime }) => openTime / MINUTE_MS);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

group('findVolumeUnits', (test) => {
  test('volumes of one unit do not match', () => assert.equal(findVolumeUnits(toSeries(BTC)), []));

  test('one volume in quote units matches, with its ratio to the neighbours', () => {
    const changed = BTC.map((candle, i) => (i === 1500 ? toQuote(candle) : candle));
    const [found, ...others] = findVolumeUnits(toSeries(changed));
    assert.is(others.length, 0);
    assert.is(found!.openTime, 1500 * MINUTE_MS);
    assert.ok(found!.value! > found!.threshold! && found!.threshold! > 1000);
    assert.match(found!.reason, /^volume \S+ is about the neighbours' median \S+ times the price/);
  });

  test('a stretch of them matches whole, however long', () => {
    assert.equal(minutesFound(toQuote, 900, 2100), range(900, 2100));
  });

  test('volumes divided by the price match too', () => {
    assert.equal(minutesFound(toLess, 900, 1000), range(900, 1000));
  });

  test('the part with fewer rows is the wrong one, also at the beginning and the end of the table', () => {
    assert.equal(minutesFound(toQuote, 0, 1000), range(0, 1000));
    assert.equal(minutesFound(toQuote, 2000, 3000), range(2000, 3000));
    assert.equal(minutesFound(toQuote, 1000, 3000), range(0, 1000));
  });

  test('a burst that moved the price accordingly is real', () => {
    const burst = (candle: Candle) => addWick(moveVolume(candle, 20_000), 1.08);
    assert.equal(minutesFound(burst, 1500, 1501), []);
  });

  test('no match near a price of 1, where the units differ by less than volumes do', () => {
    const doge = generateCandles('DOGEUSDT', { from: 0, to: 3000 * MINUTE_MS });
    assert.equal(minutesFound(toQuote, 1500, 1600, doge), []);
  });

  test('minutes without a trade are skipped', () => {
    const quiet = (candle: Candle) => ({ ...candle, volume: 0 });
    assert.equal(minutesFound(quiet, 100, 2900), []);
  });
});
