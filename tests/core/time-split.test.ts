import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Failure } from '../../src/core/failure.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { countMinutes, type MinuteRange } from '../../src/core/range.js';
import { splitRangeByTime, type TimeSplit } from '../../src/core/time-split.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const FROM = Date.parse('2025-06-01T00:00:00Z');
const minutes = (from: number, to: number): MinuteRange => ({
  from: FROM + from * MINUTE_MS,
  to: FROM + to * MINUTE_MS,
});

function refusalOf(range: MinuteRange, split: TimeSplit): string {
  const { kind, message } = expectThrownFailure(() => splitRangeByTime(range, split));
  assert.is(kind, 'usage');
  return message;
}

group('splitRangeByTime', (test) => {
  test('shares count minutes, and the embargo is taken from the end of the earlier part', () => {
    assert.equal(splitRangeByTime(minutes(0, 600), { cuts: { shares: [80, 20] }, embargoMinutes: 60 }), [
      { name: 'train', range: minutes(0, 420), embargo: minutes(420, 480) },
      { name: 'test', range: minutes(480, 600), embargo: null },
    ]);
  });

  test('three parts are train, validation and test', () => {
    assert.equal(splitRangeByTime(minutes(0, 1000), { cuts: { shares: [70, 15, 15] }, embargoMinutes: 10 }), [
      { name: 'train', range: minutes(0, 690), embargo: minutes(690, 700) },
      { name: 'validation', range: minutes(700, 840), embargo: minutes(840, 850) },
      { name: 'test', range: minutes(850, 1000), embargo: null },
    ]);
  });

  test('a cut is the first minute of the part after it; without embargo no minute is left out', () => {
    assert.equal(splitRangeByTime(minutes(0, 100), { cuts: { times: [FROM + 30 * MINUTE_MS] }, embargoMinutes: 0 }), [
      { name: 'train', range: minutes(0, 30), embargo: null },
      { name: 'test', range: minutes(30, 100), embargo: null },
    ]);
  });

  test('parts and embargoes together are the range, in order, or the split is refused', () => {
    const shares = fc.integer({ min: 1, max: 98 }).chain((first) =>
      fc.integer({ min: 0, max: 99 - first }).map((second) => {
        return second === 0 ? [first, 100 - first] : [first, second, 100 - first - second];
      }),
    );
    fc.assert(
      fc.property(
        shares,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 100 }),
        (given, length, embargo) => {
          const range = minutes(0, length);
          let parts;
          try {
            parts = splitRangeByTime(range, { cuts: { shares: given }, embargoMinutes: embargo });
          } catch (error) {
            assert.match((error as Failure).message, /part would be empty/);
            return;
          }
          let next = range.from;
          for (const [i, part] of parts.entries()) {
            assert.is(part.range.from, next);
            assert.ok(countMinutes(part.range) > 0);
            next = part.embargo?.to ?? part.range.to;
            if (i < parts.length - 1) assert.is(next - part.range.to, embargo * MINUTE_MS);
          }
          assert.is(next, range.to);
        },
      ),
    );
  });

  test('a cut that is not inside the range is refused, also one at its ends', () => {
    for (const at of [-1, 0, 100, 101]) {
      const message = refusalOf(minutes(0, 100), { cuts: { times: [FROM + at * MINUTE_MS] }, embargoMinutes: 0 });
      assert.match(message, /^the cut at 20\d\d-\d\d-\d\dT\d\d:\d\dZ is not inside 2025-06-01T00:00Z/);
    }
  });

  test('an embargo that leaves a part empty is refused, and the part is named', () => {
    const split = { cuts: { shares: [50, 30, 20] }, embargoMinutes: 30 };
    assert.is(
      refusalOf(minutes(0, 100), split),
      'the validation part would be empty: it has 30 min, of which the embargo takes 30',
    );
    assert.is(splitRangeByTime(minutes(0, 104), split)[1]!.range.to, FROM + 53 * MINUTE_MS);
  });

  test('shares whose sum is not 100 are refused, as are other numbers of parts than two and three', () => {
    for (const shares of [[0.8, 0.2], [80, 30], [100], [], [60, 20, 10, 10], [120, -20], [NaN, 20]]) {
      const message = refusalOf(minutes(0, 100_000), { cuts: { shares }, embargoMinutes: 0 });
      assert.is(message, `the shares of the split were ${shares.join('/')}`);
    }
    for (const cuts of [[], [1, 2, 3]]) {
      const times = cuts.map((minute) => FROM + minute * MINUTE_MS);
      const message = refusalOf(minutes(0, 600), { cuts: { times }, embargoMinutes: 0 });
      assert.is(message, `the split has ${cuts.length + 1} parts, expected 2 or 3`);
    }
  });

  test('a share of less than a minute is refused', () => {
    const split = { cuts: { shares: [99.9, 0.1] }, embargoMinutes: 0 };
    assert.is(refusalOf(minutes(0, 100), split), 'the test part would be empty: it has 0 min');
  });
});
