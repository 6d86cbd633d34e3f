import * as assert from 'uvu/assert';
import { formatGapReason } from '../../src/core/known-gap.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { explainGap, joinGaps, listGaps } from '../../src/quality/gaps.js';
import { group } from '../harness/group.js';

const NOTHING = { hasOlderCandle: true, haltedMinutes: 0, previousCauses: [] } as const;

group('the cause of a gap', (test) => {
  test('without an older candle it was not listed yet, whatever else is known', () => {
    assert.is(explainGap({ ...NOTHING, hasOlderCandle: false, previousCauses: ['exchange outage'] }), 'not listed yet');
  });

  test('five dead minutes speak of a halt, four are a quiet market', () => {
    assert.is(explainGap({ ...NOTHING, haltedMinutes: 5 }), 'halted');
    assert.is(explainGap({ ...NOTHING, haltedMinutes: 4 }), 'unknown');
  });

  test('an outage stays one, and so does a halt that the exchange named', () => {
    assert.is(
      explainGap({ ...NOTHING, haltedMinutes: 72, previousCauses: ['halted', 'exchange outage'] }),
      'exchange outage',
    );
    assert.is(explainGap({ ...NOTHING, previousCauses: ['halted'] }), 'halted');
    assert.is(explainGap({ ...NOTHING, previousCauses: ['unknown', 'not listed yet'] }), 'unknown');
  });

  test('halted minutes are named with the cause', () => {
    assert.is(
      formatGapReason({ cause: 'exchange outage', haltedMinutes: 72 }),
      'exchange outage, after 72 halted minutes',
    );
    assert.is(formatGapReason({ cause: 'unknown', haltedMinutes: 1 }), 'unknown, after 1 halted minute');
    assert.is(formatGapReason({ cause: 'halted', haltedMinutes: 0 }), 'halted');
  });
});

group('gaps that adjoin', (test) => {
  const part = (from: number, to: number, askedCount: number, askAgainAt: number, askedAt = 0) => ({
    from: from * MINUTE_MS,
    to: to * MINUTE_MS,
    askedCount,
    askAgainAt,
    askedAt,
  });

  test('are one, with the schedule of the part that was asked for most often', () => {
    const joined = joinGaps([part(10, 12, 1, 900, 5), part(0, 10, 3, 2000, 1), part(13, 14, 1, 7)]);
    assert.equal(joined, [part(0, 12, 3, 2000, 5), part(13, 14, 1, 7)]);
  });

  test('keep the earlier question of parts that were asked for equally often', () => {
    assert.equal(joinGaps([part(0, 1, 1, 500), part(1, 2, 1, 400)]), [part(0, 2, 1, 400)]);
  });
});

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
