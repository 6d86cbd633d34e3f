import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { MINUTE_MS } from '../../src/core/minute.js';
import {
  hullOf,
  intersect,
  mergeRanges,
  minutesOf,
  splitRange,
  subtractRanges,
  sumMinutes,
  toRanges,
  type MinuteRange,
} from '../../src/core/range.js';
import { group } from '../harness/group.js';

const WHOLE: MinuteRange = { from: 0, to: 200 * MINUTE_MS };
const minuteSet = fc
  .uniqueArray(fc.integer({ min: 0, max: 199 }), { maxLength: 200 })
  .map((numbers) => numbers.sort((a, b) => a - b).map((number) => number * MINUTE_MS));

/** The minutes of ranges, the slow way. */
const expand = (ranges: readonly MinuteRange[]) => ranges.flatMap((range) => [...minutesOf(range)]);

group('ranges', (test) => {
  test('hullOf holds every minute and no minute around them', () => {
    assert.equal(hullOf([7, 3, 5].map((minute) => minute * MINUTE_MS)), { from: 3 * MINUTE_MS, to: 8 * MINUTE_MS });
    assert.ok(hullOf([]).to < hullOf([]).from);
  });

  test('toRanges keeps exactly the minutes, in longest stretches', () => {
    fc.assert(
      fc.property(minuteSet, (minutes) => {
        const ranges = toRanges(minutes);
        assert.equal(expand(ranges), minutes);
        for (let i = 1; i < ranges.length; i += 1) assert.ok(ranges[i]!.from > ranges[i - 1]!.to);
      }),
    );
  });

  test('the ranges of minutes and of gaps together are the whole range', () => {
    fc.assert(
      fc.property(minuteSet, (minutes) => {
        const gaps = subtractRanges([WHOLE], toRanges(minutes));
        assert.equal(
          [...expand(gaps), ...minutes].sort((a, b) => a - b),
          [...minutesOf(WHOLE)],
        );
      }),
    );
  });

  test('subtractRanges is the difference of sets', () => {
    fc.assert(
      fc.property(minuteSet, minuteSet, (minutes, holes) => {
        const left = subtractRanges(toRanges(minutes), toRanges(holes));
        assert.equal(
          expand(left),
          minutes.filter((minute) => !holes.includes(minute)),
        );
      }),
    );
  });

  test('mergeRanges is the union of sets, whatever the order', () => {
    fc.assert(
      fc.property(minuteSet, minuteSet, (a, b) => {
        const union = [...new Set([...a, ...b])].sort((x, y) => x - y);
        assert.equal(mergeRanges([...toRanges(b), ...toRanges(a)]), toRanges(union));
      }),
    );
  });

  test('the pieces of a split together are the whole range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 1, max: 50 }), (length, limit) => {
        const range = { from: 0, to: length * MINUTE_MS };
        const pieces = splitRange(range, limit);
        assert.equal(expand(pieces), expand([range]));
        assert.is(pieces.length, Math.ceil(length / limit));
      }),
    );
  });

  test('the overlap of disjoint ranges is empty', () => {
    const overlap = intersect({ from: 0, to: MINUTE_MS }, { from: 5 * MINUTE_MS, to: 6 * MINUTE_MS });
    assert.is(sumMinutes([overlap]), 0);
  });
});
