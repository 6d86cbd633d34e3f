import * as assert from 'uvu/assert';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import type { HourCandle } from '../../../src/report/report-data.js';
import { renderCoverage } from '../../../src/report/tables/coverage-table.js';
import { joinHours } from '../../../src/report/hour-candles.js';
import { renderParts } from '../../../src/report/tables/part-table.js';
import { createBlock } from '../../../src/rows/row-block.js';
import { group } from '../../harness/group.js';

/** A Sunday. */
const START = Date.parse('2025-06-01T00:00:00Z');

function hoursOf(count: number): HourCandle[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ from: START + i * HOUR_MS, minutes: 60, rows: 60, valid: 50, flagged: 1 },
    candle: i % 24 === 3 ? null : { open: i, high: i + 2, low: i - 1, close: i + 1, volume: 0.5 },
  }));
}

group('the parts of a range', (test) => {
  test('days and weeks have the sums of their hours, and the candle of these', () => {
    const [day, next] = joinHours(hoursOf(30), 24);
    assert.equal(day, {
      ...{ from: START, minutes: 1440, rows: 1440, valid: 1200, flagged: 24 },
      candle: { open: 0, high: 25, low: -1, close: 24, volume: 11.5 },
    });
    assert.equal([next!.from, next!.minutes], [START + 24 * HOUR_MS, 360]);
    const weeks = joinHours(hoursOf(24 * 9), 168);
    assert.equal(
      weeks.map(({ from }) => new Date(from).toISOString().slice(0, 10)),
      ['2025-05-26', '2025-06-02', '2025-06-09'],
      'weeks begin on a Monday',
    );
  });

  test('a table has at most 168 rows: hours of a week, days of five months, then weeks; coverage at most 45', () => {
    const range = { from: START, to: START + MINUTE_MS };
    const rowsOf = (text: string) => text.match(/<tr><th scope="row">/g)?.length ?? 0;
    for (const [days, title, rows, coverage] of [
      [7, 'Hour by hour', 168, 7],
      [30, 'Day by day', 30, 30],
      [366, 'Week by week', 54, 13],
    ] as const) {
      const hours = hoursOf(days * 24);
      const parts = renderParts({ hours, rows: createBlock(0) } as never, { id: 'symbol-1', range });
      assert.equal([parts.title, rowsOf(parts.table.text)], [title, rows]);
      assert.is(rowsOf(renderCoverage(hours).table.text), coverage, `coverage of ${days} days`);
    }
  });
});
