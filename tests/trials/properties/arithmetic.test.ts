import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { formatDuration } from '../../../src/core/duration.js';
import { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import * as range from '../../../src/core/range.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { splitRangeByTime } from '../../../src/core/time-split.js';
import { joinGaps, listGaps } from '../../../src/quality/gaps.js';
import { splitRuns } from '../../../src/rows/runs.js';
import { createCandleBlock } from '../../harness/candle-block.js';
import { group } from '../../harness/group.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(300, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };
/** The range of all random minutes. */
const [FIRST, LAST] = [-60, 60];

const anyRange = fc
  .tuple(fc.integer({ min: FIRST, max: LAST }), fc.integer({ min: 0, max: 30 }))
  .map(([from, length]): MinuteRange => ({ from: from * MINUTE_MS, to: (from + length) * MINUTE_MS }));
const ranges = fc.array(anyRange, { maxLength: 6 });
const minutes = fc
  .uniqueArray(fc.integer({ min: FIRST, max: LAST }), { maxLength: 60 })
  .map((found) => found.sort((a, b) => a - b).map((minute) => minute * MINUTE_MS));

/** The set of minutes of ranges. */
function toSet(found: readonly MinuteRange[]): Set<number> {
  const set = new Set<number>();
  for (const { from, to } of found) for (let minute = from; minute < to; minute += MINUTE_MS) set.add(minute);
  return set;
}

function assertSameMinutes(found: readonly MinuteRange[], minutesOfIt: Iterable<number>): void {
  const inOrder = (set: Iterable<number>) => [...set].sort((a, b) => a - b).join();
  assert.is(inOrder(toSet(found)), inOrder(minutesOfIt));
}

/** Asserts that ranges are in order, not empty, and neither overlap nor touch. */
function assertNormalized(found: readonly MinuteRange[]): void {
  assert.ok(
    found.every(({ from, to }, i) => from < to && (i === 0 || found[i - 1]!.to < from)),
    JSON.stringify(found),
  );
}

group('arithmetic of minutes', (test) => {
  const properties = new Properties({
    fault: 'ranges, runs, gaps and splits compared with sets of minutes',
    unit: 'cases',
  });

  test(
    'union, difference, intersection and pieces of ranges are those of their sets of minutes',
    () => {
      properties.checkNow('algebra', RUNS, fc.tuple(ranges, ranges, minutes), ([some, others, single]) => {
        const [a, b] = [range.mergeRanges(some), range.mergeRanges(others)];
        const [inA, inB] = [toSet(some), toSet(others)];
        assertNormalized(a);
        assertSameMinutes(a, inA);
        const left = range.subtractRanges(a, b);
        assertNormalized(left);
        assertSameMinutes(
          left,
          [...inA].filter((minute) => !inB.has(minute)),
        );
        const overlaps = a.flatMap((one) => b.map((other) => range.intersect(one, other)));
        assertSameMinutes(
          overlaps,
          [...inA].filter((minute) => inB.has(minute)),
        );
        assertNormalized(range.toRanges(single));
        assertSameMinutes(range.toRanges(single), single);
        assert.is(range.sumMinutes(a), inA.size);
        assert.equal(
          a.flatMap((one) => [...range.minutesOf(one)]),
          [...inA].sort((x, y) => x - y),
        );
      });
      properties.checkNow('slack', RUNS, fc.tuple(ranges, fc.nat({ max: 9 })), ([some, slack]) => {
        const joined = range.mergeRanges(some, slack);
        const minutesOfThem = toSet(some);
        assertNormalized(joined);
        for (const minute of minutesOfThem) assert.ok(toSet(joined).has(minute));
        // added minutes lie in holes that are no longer than the slack
        const holes = range.subtractRanges(joined, range.mergeRanges(some));
        assert.ok(holes.every((hole) => range.countMinutes(hole) <= slack));
        assert.ok(joined.every((one, i) => i === 0 || one.from - joined[i - 1]!.to > slack * MINUTE_MS));
      });
      properties.checkNow('pieces', RUNS, fc.tuple(anyRange, fc.integer({ min: 1, max: 9 })), ([whole, limit]) => {
        const pieces = range.splitRange(whole, limit);
        assert.ok(pieces.every((piece) => range.countMinutes(piece) > 0 && range.countMinutes(piece) <= limit));
        assert.is(range.sumMinutes(pieces), range.countMinutes(whole));
        assertSameMinutes(pieces, toSet([whole]));
      });
    },
    TIMEOUT,
  );

  test(
    'runs are the longest stretches of sound candles without a gap',
    () => {
      const row = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 1, 1, 1, 0, -1, NaN, Infinity, null));
      properties.checkNow('runs', RUNS, fc.array(row, { maxLength: 40 }), (steps) => {
        let openTime = 0;
        const candles = steps.map(([step, low]) => {
          openTime += (step === 1 ? 1 : step - 1) * MINUTE_MS;
          return { openTime, open: 2, high: 3, low, close: 2, volume: 0 };
        });
        const runs = splitRuns(createCandleBlock(candles));
        const found = runs.map(({ start, end }) => ({
          from: candles[start]!.openTime,
          to: candles[end - 1]!.openTime + MINUTE_MS,
        }));
        assertNormalized(found);
        assertSameMinutes(
          found,
          candles.filter(({ low }) => low === 1).map((candle) => candle.openTime),
        );
      });
    },
    TIMEOUT,
  );

  test(
    'gaps are the missing minutes, each once and with the cause that is known of it',
    () => {
      const cases = fc.tuple(ranges, ranges, fc.option(fc.integer({ min: FIRST, max: LAST })));
      properties.checkNow('listed gaps', RUNS, cases, ([some, others, last]) => {
        const [missing, known] = [range.mergeRanges(some), range.mergeRanges(others)];
        const reason = { cause: 'halted', haltedMinutes: 7, askedAt: 1, askAgainAt: 2, askedCount: 3 } as const;
        const lastRow = last === null ? null : last * MINUTE_MS;
        const gaps = listGaps(
          missing,
          known.map((gap) => ({ ...gap, ...reason })),
          lastRow,
        );
        assertSameMinutes(gaps, toSet(missing));
        assert.is(range.sumMinutes(gaps), toSet(missing).size);
        assert.ok(gaps.every((gap, i) => i === 0 || gaps[i - 1]!.to <= gap.from));
        assertSameMinutes(
          gaps.filter(({ cause }) => cause === 'halted'),
          [...toSet(known)].filter((minute) => toSet(missing).has(minute)),
        );
        for (const gap of gaps) {
          assert.is(gap.minutes, range.countMinutes(gap));
          assert.is(gap.kind, lastRow === null || gap.from > lastRow ? 'trailing' : 'interior');
          assert.is(gap.askAgainAt, gap.cause === null ? null : 2);
        }
      });
    },
    TIMEOUT,
  );

  test(
    'adjoining gaps are joined with the retry schedule of the part that was requested most often',
    () => {
      const part = fc.record({ asked: fc.nat({ max: 4 }), again: fc.nat({ max: 9 }), at: fc.nat({ max: 9 }) });
      const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 1 }), part), { maxLength: 9 });
      const cases = parts.chain((found) =>
        fc.tuple(
          fc.constant(found),
          fc.shuffledSubarray(
            found.map((_, i) => i),
            { minLength: found.length },
          ),
        ),
      );
      properties.checkNow('joined gaps', RUNS, cases, ([found, order]) => {
        let to = 0;
        const gaps = found.map(([length, pause, { asked, again, at }]) => {
          const from = to + pause * MINUTE_MS;
          to = from + length * MINUTE_MS;
          return { from, to, askedCount: asked, askAgainAt: again, askedAt: at };
        });
        const joined = joinGaps(order.map((i) => gaps[i]!));
        assertNormalized(joined);
        assertSameMinutes(joined, toSet(gaps));
        for (const one of joined) {
          const own = gaps.filter((gap) => gap.from >= one.from && gap.to <= one.to);
          const most = Math.max(...own.map((gap) => gap.askedCount));
          assert.is(one.askedCount, most);
          assert.is(
            one.askAgainAt,
            Math.min(...own.filter((gap) => gap.askedCount === most).map((gap) => gap.askAgainAt)),
          );
          assert.is(one.askedAt, Math.max(...own.map((gap) => gap.askedAt)));
        }
      });
    },
    TIMEOUT,
  );

  test(
    'the parts of a split and their embargoes cover the range in order, or the split is refused',
    () => {
      const cuts = fc.uniqueArray(fc.integer({ min: FIRST, max: LAST }), { minLength: 1, maxLength: 2 });
      properties.checkNow(
        'splits',
        RUNS,
        fc.tuple(anyRange, cuts, fc.nat({ max: 20 })),
        ([whole, at, embargoMinutes]) => {
          const times = at.sort((a, b) => a - b).map((minute) => minute * MINUTE_MS);
          const parts = splitOrRefuse(whole, { cuts: { times }, embargoMinutes });
          if (!parts) return;
          const inOrder = parts.flatMap((part) => (part.embargo ? [part.range, part.embargo] : [part.range]));
          assert.is(inOrder[0]!.from, whole.from);
          assert.is(inOrder.at(-1)!.to, whole.to);
          assert.ok(inOrder.every((one, i) => one.from < one.to && (i === 0 || inOrder[i - 1]!.to === one.from)));
          assert.equal(
            parts.slice(0, -1).map((part) => (part.embargo ?? part.range).to),
            times,
          );
        },
      );
    },
    TIMEOUT,
  );

  test('a formatted duration is rounded down by less than its second unit', () => {
    properties.checkNow('durations', RUNS, fc.nat(), (durationMs) => {
      const units: Record<string, number> = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 };
      const parts = [...formatDuration(durationMs).matchAll(/(\d+) (\w+)/g)];
      const shown = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
      const left = durationMs - shown;
      assert.ok(left >= 0 && left < Math.max(1_000, durationMs / 24), `${durationMs}: ${formatDuration(durationMs)}`);
    });
  });

  test('all held', () => properties.conclude());
});

function splitOrRefuse(...of: Parameters<typeof splitRangeByTime>): ReturnType<typeof splitRangeByTime> | undefined {
  try {
    return splitRangeByTime(...of);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}
