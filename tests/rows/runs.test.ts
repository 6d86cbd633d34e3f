import * as assert from 'uvu/assert';
import type { StoredCandle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { splitRuns } from '../../src/rows/runs.js';
import { createCandleBlock } from '../harness/candle-block.js';
import { group } from '../harness/group.js';

const candle = (minute: number, close: number | null = 10): StoredCandle => ({
  openTime: minute * MINUTE_MS,
  open: 10,
  high: 12,
  low: 9,
  close,
  volume: 1,
});

group('runs', (test) => {
  test('a missing minute ends a run', () => {
    const runs = splitRuns(createCandleBlock([candle(0), candle(1), candle(3), candle(4)]));
    assert.equal(runs, [
      { start: 0, end: 2 },
      { start: 2, end: 4 },
    ]);
  });

  test('an unsound candle ends a run and belongs to none', () => {
    const runs = splitRuns(createCandleBlock([candle(0), candle(1, Number.NaN), candle(2), candle(3, null)]));
    assert.equal(runs, [
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ]);
  });

  test('no candle, no run', () => assert.equal(splitRuns(createCandleBlock([])), []));
});
