import * as assert from 'uvu/assert';
import type { Candle, Source } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { findWrongMarkets } from '../../../src/quality/rules/wrong-market.js';
import { splitSeries, toSeries } from '../../../src/rows/candle-series.js';
import { group } from '../../harness/group.js';
import { movePrices, moveVolume } from './inject.js';

const SPOT = generateCandles('BTCUSDT', { from: 0, to: 4000 * MINUTE_MS });

/** A futures market: a constant share below the spot price, with more volume. */
const toFutures = (candle: Candle) => moveVolume(movePrices(candle, 0.997), 8);
/** A small exchange at nearly the same prices. */
const toSmallVenue = (candle: Candle) => moveVolume(candle, 1 / 420);

function change(from: number, to: number, by: (candle: Candle) => Candle & { source?: Source }): Candle[] {
  return SPOT.map((candle, i) => (i >= from && i < to ? by(candle) : candle));
}

/** The first and the last minute that match, and the number of matches. */
function extentFound(candles: readonly Candle[]): [number, number, number] | null {
  const found = findWrongMarkets(toSeries(candles)).map(({ openTime }) => openTime / MINUTE_MS);
  return found.length === 0 ? null : [found[0]!, found.at(-1)!, found.length];
}

group('findWrongMarkets', (test) => {
  test('a single market has no match', () => assert.is(extentFound(SPOT), null));

  for (const length of [20, 90, 1500]) {
    test(`${length} rows at a constant price offset with other volume match, and no other row`, () => {
      assert.equal(extentFound(change(700, 700 + length, toFutures)), [700, 699 + length, length]);
    });
  }

  test('rows with 1/420 of the volume match, with the factor', () => {
    const found = findWrongMarkets(toSeries(change(700, 1000, toSmallVenue)));
    assert.ok(found.length >= 298 && found.length <= 302, `${found.length} rows`);
    const { value, threshold, reason } = found[0]!;
    assert.ok(value! > 1 / 840 && value! < 1 / 210, `value ${value}`);
    assert.is(threshold, 1 / 15);
    assert.match(reason, /^one of \d+ rows with 0\.00\d+ times the volume of the rows around them$/);
  });

  test('the reason mentions the price jump', () => {
    const [found] = findWrongMarkets(toSeries(change(700, 1000, toFutures)));
    assert.match(found!.reason, /after a price jump of -0\.3\d* % between two candles$/);
  });

  test('the part with fewer rows is the wrong one, wherever it lies', () => {
    const near = (candles: Candle[], from: number, to: number) => {
      const extent = extentFound(candles);
      assert.ok(
        extent && Math.abs(extent[0] - from) < 3 && Math.abs(extent[1] - to) < 3,
        `${String(extent)} for ${from}..${to}`,
      );
    };
    near(change(3000, 4000, toSmallVenue), 3000, 3999);
    near(change(0, 1000, toSmallVenue), 0, 999);
    near(change(1000, 4000, toSmallVenue), 0, 999);
  });

  test('rows with the source FALLBACK do not match', () => {
    const fallback = change(700, 1000, (candle) => ({ ...toSmallVenue(candle), source: 'FALLBACK' }));
    assert.is(extentFound(fallback), null);
  });

  test('a burst of volume that fades is not another market, with a price move or without', () => {
    const ebbing = (candle: Candle) => {
      const minutes = candle.openTime / MINUTE_MS - 700;
      return moveVolume(minutes > 0 ? movePrices(candle, 1.01) : candle, 1 + 80 * Math.exp(-Math.max(0, minutes) / 60));
    };
    assert.is(extentFound(change(700, 4000, ebbing)), null);
  });

  test('a halt is not another market', () => {
    const halted = (candle: Candle) => {
      const { close } = SPOT[699]!;
      return { ...candle, open: close, high: close, low: close, close, volume: 0 };
    };
    assert.is(extentFound(change(700, 772, halted)), null);
  });

  test('a price jump without a change of volume is a move of the market', () => {
    assert.is(extentFound(change(700, 1000, (candle) => movePrices(candle, 0.997))), null);
  });

  test('rows more than a day apart are not compared', () => {
    const apart = change(2000, 4000, (candle) => ({
      ...toSmallVenue(candle),
      openTime: candle.openTime + 3000 * MINUTE_MS,
    }));
    const pieces = splitSeries(toSeries(apart), 1440 * MINUTE_MS);
    assert.equal(
      pieces.map((piece) => [piece.length, findWrongMarkets(piece).length]),
      [
        [2000, 0],
        [2000, 0],
      ],
    );
  });
});
