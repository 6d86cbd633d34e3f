import * as assert from 'uvu/assert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import type { Via } from '../../../src/exchange/archive/archive-config.js';
import { daysOf, estimateSeconds, planArchive } from '../../../src/jobs/archive/plan-archive.js';
import { group } from '../../harness/group.js';

const NOW = Date.parse('2025-06-20T17:05:03Z');
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

/** The files that a plan reads, by name: `2025-05` for a month, its days without it. */
function filesOf(wanted: readonly MinuteRange[], via: Via = 'auto'): string[] {
  const months = planArchive(wanted, 'BTCUSDT', NOW, via);
  return months.flatMap(({ file, days }) => (file ? [file] : days).map(({ name }) => name.slice(11, -4)));
}

group('planArchive', (test) => {
  test('days are taken from the archive when two full UTC days have passed since', () => {
    const wanted = [{ from: day('2025-06-15'), to: NOW }];
    assert.equal(filesOf(wanted), ['2025-06-15', '2025-06-16', '2025-06-17']);
    const days = daysOf(planArchive(wanted, 'BTCUSDT', NOW, 'auto'));
    assert.equal(days.at(-1), { from: day('2025-06-17'), to: day('2025-06-18') });
  });

  test('2,000 candles or fewer are requested from the API', () => {
    const from = day('2025-06-01');
    assert.equal(filesOf([{ from, to: from + DAY_MS }]), []);
    const twoDays = (minutes: number) => [
      { from, to: from + DAY_MS },
      { from: from + 2 * DAY_MS, to: from + 2 * DAY_MS + minutes * MINUTE_MS },
    ];
    assert.equal(filesOf(twoDays(721)), ['2025-06-01', '2025-06-03']);
    // of the second day half is wanted: one request
    assert.equal(filesOf(twoDays(720)), []);
  });

  test('scattered minutes are requested from the API, or taken from the archive if only that is used', () => {
    const scattered = Array.from({ length: 40 }, (_, i) => {
      const from = day('2025-05-01') + i * DAY_MS;
      return { from, to: from + HOUR_MS };
    });
    assert.equal(filesOf(scattered), []);
    const only = filesOf(scattered, 'archive');
    assert.equal([only[0], only.length], ['2025-05', 1 + 9]);
    assert.equal(filesOf(scattered, 'api'), []);
  });

  test("a month's file is used for eight days or more of a month that is over", () => {
    const from = day('2025-05-01');
    assert.equal(filesOf([{ from, to: from + 8 * DAY_MS }]), ['2025-05']);
    assert.is(filesOf([{ from, to: from + 7 * DAY_MS }]).length, 7);
    assert.is(filesOf([{ from: day('2025-06-01'), to: day('2025-06-15') }]).length, 14);
  });

  test('from 2020-12 to 2022-04 the daily files are used', () => {
    const year = (from: string, to: string) => filesOf([{ from: day(from), to: day(to) }]);
    assert.equal(year('2020-11-01', '2020-12-03'), ['2020-11', '2020-12-01', '2020-12-02']);
    assert.is(year('2020-12-01', '2021-01-01').length, 31);
    assert.is(year('2022-04-01', '2022-05-01').length, 30);
    assert.equal(year('2022-05-01', '2022-06-01'), ['2022-05']);
  });

  test('a plan says how long it takes', () => {
    assert.is(estimateSeconds(525_600, 2), 22);
    assert.is(estimateSeconds(0, 0), 0);
  });
});
