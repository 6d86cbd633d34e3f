import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { toHourCandles } from '../../src/report/hour-candles.js';
import { createCandleBlock } from '../harness/candle-block.js';
import { group } from '../harness/group.js';

const START = Date.parse('2025-06-01T10:50:00Z');

/** A candle with numbers made from its minute. */
function candleAt(minute: number) {
  const openTime = START + minute * MINUTE_MS;
  return { openTime, open: 100 + minute, high: 102 + minute, low: 99 + minute, close: 101 + minute, volume: 2 };
}

group('toHourCandles', (test) => {
  const range = { from: START, to: START + 80 * MINUTE_MS };

  test('hours begin on the hour; the first and the last one count only minutes of the range', () => {
    const hours = toHourCandles(createCandleBlock([]), range);
    assert.equal(
      hours.map(({ from, minutes, rows, candle }) => [
        new Date(from).toISOString().slice(11, 16),
        minutes,
        rows,
        candle,
      ]),
      [
        ['10:00', 10, 0, null],
        ['11:00', 60, 0, null],
        ['12:00', 10, 0, null],
      ],
    );
  });

  test('an hour opens with its first candle and closes with its last one', () => {
    const rows = createCandleBlock([3, 9, 10, 40, 69].map(candleAt));
    const [first, second, third] = toHourCandles(rows, range);
    assert.equal(first!.candle, { open: 103, high: 111, low: 102, close: 110, volume: 4 });
    assert.equal(second!.candle, { open: 110, high: 171, low: 109, close: 170, volume: 6 });
    assert.equal([first!.rows, second!.rows, third!.rows], [2, 3, 0]);
  });

  test('an unsound candle counts as a row, but is not valid and not part of the hour candle', () => {
    const rows = createCandleBlock([
      candleAt(10),
      { ...candleAt(11), high: 1 },
      candleAt(12),
      { ...candleAt(13), close: null },
    ]);
    for (const column of INDICATOR_COLUMNS) rows[column].fill(0);
    rows.isComplete.fill(1);
    rows.hasMissingData[2] = 1;
    const hour = toHourCandles(rows, range)[1]!;
    assert.equal([hour.rows, hour.valid, hour.flagged], [4, 1, 1]);
    assert.equal(hour.candle, { open: 110, high: 114, low: 109, close: 113, volume: 4 });
  });
});
