import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { compareVenues } from '../../src/quality/compare-venues.js';
import { group } from '../harness/group.js';

function candle(minute: number, close: number, volume: number): Candle {
  return { openTime: minute * MINUTE_MS, open: close, high: close, low: close, close, volume };
}

function near(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) < 1e-9 * Math.max(1, Math.abs(expected)),
    `was ${actual}, expected ${expected}`,
  );
}

group('compareVenues', (test) => {
  test('only minutes that both have count', () => {
    const reference = [candle(1, 100, 10), candle(2, 100, 10), candle(3, 100, 20)];
    const found = compareVenues(reference, [candle(2, 100.1, 1), candle(3, 99.95, 2), candle(4, 500, 99)])!;
    assert.is(found.minutes, 2);
    near(found.volumeRatio!, 0.1);
    near(found.maxBp, 10);
  });

  test('the offset is signed, the differences are absolute', () => {
    const reference = [candle(1, 100, 1), candle(2, 100, 1), candle(3, 100, 1)];
    const found = compareVenues(reference, [candle(1, 99.8, 1), candle(2, 99.9, 1), candle(3, 100.3, 1)])!;
    near(found.offsetBp, -10);
    near(found.medianBp, 20);
    near(found.maxBp, 30);
  });

  test('the volume ratio is a median: one outlier does not change it', () => {
    const reference = [candle(1, 100, 100), candle(2, 100, 100), candle(3, 100, 0), candle(4, 100, 100)];
    const found = compareVenues(reference, [
      candle(1, 100, 1),
      candle(2, 100, 900),
      candle(3, 100, 5),
      candle(4, 100, 2),
    ]);
    near(found!.volumeRatio!, 0.02);
  });

  test('null without a common minute; no ratio without volume', () => {
    assert.is(compareVenues([candle(1, 100, 1)], [candle(2, 100, 1)]), null);
    assert.is(compareVenues([candle(1, 100, 0)], [candle(1, 100, 1)])?.volumeRatio, null);
  });
});
