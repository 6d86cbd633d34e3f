import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { listGaps } from '../../src/quality/list-gaps.js';
import { group } from '../harness/group.js';

function range(from: number, to: number) {
  return { from: from * MINUTE_MS, to: to * MINUTE_MS };
}

const KNOWN = { cause: 'halted', haltedMinutes: 9, askedAt: 1, askAgainAt: 77, askedCount: 1 } as const;

group('listed gaps', (test) => {
  test('a hole is listed with its cause where Binance was asked, and without one where it was not', () => {
    const gaps = listGaps([range(10, 20)], [{ ...range(5, 14), ...KNOWN }], 30 * MINUTE_MS);
    assert.equal(gaps, [
      { ...range(10, 14), minutes: 4, kind: 'interior', cause: 'halted', haltedMinutes: 9, askAgainAt: 77 },
      { ...range(14, 20), minutes: 6, kind: 'interior', cause: null, haltedMinutes: 0, askAgainAt: null },
    ]);
  });

  test('a known gap that rows of a fallback exchange fill is no gap', () => {
    assert.equal(listGaps([], [{ ...range(5, 14), ...KNOWN }], 30 * MINUTE_MS), []);
  });

  test('what follows the newest row is trailing', () => {
    const gaps = listGaps([range(2, 3), range(10, 20)], [], 9 * MINUTE_MS);
    assert.equal(
      gaps.map(({ kind }) => kind),
      ['interior', 'trailing'],
    );
  });
});
