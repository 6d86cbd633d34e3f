import * as assert from 'uvu/assert';
import { formatGapReason, type GapCause } from '../../src/core/known-gap.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { explainGap, findSharedGaps, joinGaps, listGaps } from '../../src/quality/gaps.js';
import { group } from '../harness/group.js';

const NOTHING = { hasOlderCandle: true, haltedMinutes: 0, previousCauses: [] } as const;

group('explainGap', (test) => {
  test('without an older candle the cause is "not listed yet", whatever else is known', () => {
    assert.is(explainGap({ ...NOTHING, hasOlderCandle: false, previousCauses: ['exchange outage'] }), 'not listed yet');
  });

  test('five flat minutes are a halt, four are a quiet market', () => {
    assert.is(explainGap({ ...NOTHING, haltedMinutes: 5 }), 'halted');
    assert.is(explainGap({ ...NOTHING, haltedMinutes: 4 }), 'unknown');
  });

  test('a recorded outage or halt keeps its cause', () => {
    assert.is(
      explainGap({ ...NOTHING, haltedMinutes: 72, previousCauses: ['halted', 'exchange outage'] }),
      'exchange outage',
    );
    assert.is(explainGap({ ...NOTHING, previousCauses: ['halted'] }), 'halted');
    assert.is(explainGap({ ...NOTHING, previousCauses: ['unknown', 'not listed yet'] }), 'unknown');
  });

  test('the reason mentions halted minutes', () => {
    assert.is(
      formatGapReason({ cause: 'exchange outage', haltedMinutes: 72 }),
      'exchange outage, after 72 halted minutes',
    );
    assert.is(formatGapReason({ cause: 'unknown', haltedMinutes: 1 }), 'unknown, after 1 halted minute');
    assert.is(formatGapReason({ cause: 'halted', haltedMinutes: 0 }), 'halted');
  });
});

group('joinGaps', (test) => {
  const part = (from: number, to: number, askedCount: number, askAgainAt: number, askedAt = 0) => ({
    from: from * MINUTE_MS,
    to: to * MINUTE_MS,
    askedCount,
    askAgainAt,
    askedAt,
  });

  test('joins adjacent gaps, with the schedule of the part with the most requests', () => {
    const joined = joinGaps([part(10, 12, 1, 900, 5), part(0, 10, 3, 2000, 1), part(13, 14, 1, 7)]);
    assert.equal(joined, [part(0, 12, 3, 2000, 5), part(13, 14, 1, 7)]);
  });

  test('takes the earlier schedule of parts with equally many requests', () => {
    assert.equal(joinGaps([part(0, 1, 1, 500), part(1, 2, 1, 400)]), [part(0, 2, 1, 400)]);
  });
});

function range(from: number, to: number) {
  return { from: from * MINUTE_MS, to: to * MINUTE_MS };
}

const KNOWN = { cause: 'halted', haltedMinutes: 9, askedAt: 1, askAgainAt: 77, askedCount: 1 } as const;

group('listGaps', (test) => {
  test('missing minutes have a cause where Binance was asked, and none where it was not', () => {
    const gaps = listGaps([range(10, 20)], [{ ...range(5, 14), ...KNOWN }], 30 * MINUTE_MS);
    assert.equal(gaps, [
      { ...range(10, 14), minutes: 4, kind: 'interior', cause: 'halted', haltedMinutes: 9, askAgainAt: 77 },
      { ...range(14, 20), minutes: 6, kind: 'interior', cause: null, haltedMinutes: 0, askAgainAt: null },
    ]);
  });

  test('a known gap that is filled with rows of a fallback exchange is not listed', () => {
    assert.equal(listGaps([], [{ ...range(5, 14), ...KNOWN }], 30 * MINUTE_MS), []);
  });

  test('a gap after the newest row is trailing', () => {
    const gaps = listGaps([range(2, 3), range(10, 20)], [], 9 * MINUTE_MS);
    assert.equal(
      gaps.map(({ kind }) => kind),
      ['interior', 'trailing'],
    );
  });
});

const minutes = (count: number) => count * MINUTE_MS;
const gapOf = (symbol: string, from: number, to: number, cause: GapCause = 'unknown') => {
  return { symbol, from: minutes(from), to: minutes(to), cause };
};

group('findSharedGaps', (test) => {
  test('two gaps that overlap and begin within five minutes are shared, by symbol and in order', () => {
    const gaps = [gapOf('BTC', 100, 200), gapOf('ETH', 105, 150, 'halted'), gapOf('ADA', 95, 101), gapOf('BTC', 0, 10)];
    assert.equal(
      [...findSharedGaps('BTC', gaps)],
      [
        ['ADA', [minutes(95)]],
        ['BTC', [minutes(100)]],
        ['ETH', [minutes(105)]],
      ],
    );
  });

  test('gaps that only touch, or begin six minutes apart, are not shared', () => {
    assert.is(findSharedGaps('BTC', [gapOf('BTC', 100, 103), gapOf('ETH', 103, 110)]).size, 0);
    assert.is(findSharedGaps('BTC', [gapOf('BTC', 100, 200), gapOf('ETH', 106, 200)]).size, 0);
  });

  test('gaps of two other symbols are not judged, nor two of the same symbol', () => {
    assert.is(findSharedGaps('BTC', [gapOf('ADA', 0, 9), gapOf('ETH', 0, 9)]).size, 0);
    assert.is(findSharedGaps('BTC', [gapOf('BTC', 0, 9), gapOf('BTC', 1, 9)]).size, 0);
  });

  test('a recorded outage makes the other gap one; a gap before a listing does not, and stays what it is', () => {
    const outage = [gapOf('BTC', 0, 9), gapOf('ETH', 0, 9, 'exchange outage')];
    assert.equal([...findSharedGaps('BTC', outage)], [['BTC', [0]]]);
    assert.equal([...findSharedGaps('ETH', outage)], [['BTC', [0]]]);
    assert.is(findSharedGaps('BTC', [gapOf('BTC', 0, 9), gapOf('ETH', 0, 9, 'not listed yet')]).size, 0);
  });
});
