import * as assert from 'uvu/assert';
import { drawAxis } from '../../src/cli/time-axis.js';
import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { group } from '../harness/group.js';

const START = Date.parse('2025-06-01T22:00Z');

function starts(count: number, partMs: number, from = START): number[] {
  return Array.from({ length: count }, (_, i) => from + i * partMs);
}

group('the axis over a strip', (test) => {
  test('minutes are named by the time of the day, midnight by its date', () => {
    assert.is(drawAxis(starts(20, MINUTE_MS), MINUTE_MS), '|22:00    |22:10');
    assert.is(drawAxis(starts(60, 5 * MINUTE_MS), 5 * MINUTE_MS).slice(0, 36), '|22:00      |23:00      |06-02      ');
  });

  test('a part that does not begin with a named instant but holds it is marked', () => {
    const parts = [START + 7 * MINUTE_MS, ...starts(30, 10 * MINUTE_MS, START + 10 * MINUTE_MS)];
    assert.is(drawAxis(parts, 10 * MINUTE_MS), '            |06-02            |');
  });

  test('names never touch, however long a part is', () => {
    for (const hours of [1, 6, 24, 24 * 7, 24 * 60]) {
      const line = drawAxis(starts(200, hours * HOUR_MS), hours * HOUR_MS);
      assert.ok(line.length <= 200);
      assert.match(line, /^ *(\|\d\d[-:]\d\d {2,})*(\|(\d\d[-:]\d\d)?)?$/, line);
      assert.ok(line.split('|').length > 2, line);
    }
  });

  test('a name that would reach beyond the strip is left out, its mark is not', () => {
    const line = drawAxis(starts(4, HOUR_MS), HOUR_MS);
    assert.is(line, '  |');
  });
});
