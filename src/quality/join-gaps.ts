import type { AskedAbout } from '../core/known-gap.js';
import type { MinuteRange } from '../core/range.js';

type Part = MinuteRange & AskedAbout;

/** Gaps that adjoin are one gap: an outage that goes on is not many. The result is in order. */
export function joinGaps(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last?.to === part.from) joined[joined.length - 1] = { ...scheduleOf(last, part), from: last.from, to: part.to };
    else joined.push(part);
  }
  return joined;
}

/**
 * The gap goes by the schedule of the part that was asked for most often, the earlier one among equals: so minutes
 * that an outage adds neither put the next question off nor bring it back to every hour.
 */
function scheduleOf(a: Part, b: Part): AskedAbout {
  const isA = a.askedCount === b.askedCount ? a.askAgainAt <= b.askAgainAt : a.askedCount > b.askedCount;
  const { askedCount, askAgainAt } = isA ? a : b;
  return { askedCount, askAgainAt, askedAt: Math.max(a.askedAt, b.askedAt) };
}
