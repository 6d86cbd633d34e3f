import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { endOfWindow, windowAt } from '../../src/quality/window.js';
import { group } from '../harness/group.js';

const NOON = Date.UTC(2025, 5, 1, 12);

group('the end of the window', (test) => {
  // nowMs after noon, the minutes before noon that the newest stored minute opened; the minutes before noon of the end
  const cases: readonly (readonly [title: string, nowMs: number, stored: number | null, end: number])[] = [
    ['the newest closed minute is stored', 5_000, 1, 0],
    ['the newest closed minute is on its way', 5_000, 2, 1],
    ['two minutes are on their way: the older one closed 65 s ago', 5_000, 3, 2],
    ['only the newest of two missing minutes closed less than 70 s ago', 10_000, 3, 1],
    ['the newest minute is missing until the next one closes', 59_999, 2, 1],
    ['nothing was stored for an hour', 30_000, 60, 1],
    ['there is no row: nothing is on its way', 5_000, null, 0],
  ];
  for (const [title, afterNoon, stored, end] of cases) {
    test(title, () => {
      const newest = stored === null ? null : NOON - stored * MINUTE_MS;
      assert.is(endOfWindow(NOON + afterNoon, newest), NOON - end * MINUTE_MS);
    });
  }

  test('the window has 600 minutes, or as many as were asked for', () => {
    assert.equal(windowAt(NOON, NOON - MINUTE_MS), { from: NOON - 600 * MINUTE_MS, to: NOON });
    assert.equal(windowAt(NOON, NOON - 2 * MINUTE_MS, 60), { from: NOON - 61 * MINUTE_MS, to: NOON - MINUTE_MS });
  });
});
