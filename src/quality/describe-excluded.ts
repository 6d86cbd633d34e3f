import { type Minute, MINUTE_MS } from '../core/minute.js';
import { intersect, type MinuteRange, subtractRanges } from '../core/range.js';
import type { InvalidRow } from '../rows/row-state.js';

/** A stretch of minutes that no training set holds, and why. */
export interface Excluded extends MinuteRange {
  /** Why, in words. */
  reason: string;
}

/** What keeps minutes of a range out of a training set. */
export interface ExclusionFacts {
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** What the exchange does not have, ordered. */
  absent: readonly (MinuteRange & { cause: string })[];
  /** Rows that are not valid, ordered. */
  invalidRows: readonly InvalidRow[];
  /** By minute, the rules that flagged it. */
  rules: ReadonlyMap<Minute, string>;
}

/** The minutes that are left out, in order, neighbours with one reason together. */
export function describeExcluded({ missing, absent, invalidRows, rules }: ExclusionFacts): Excluded[] {
  const explained = missing.flatMap((hole) =>
    absent.map((gap) => ({ ...intersect(hole, gap), reason: `missing at the exchange: ${gap.cause}` })),
  );
  const holes = [
    ...explained.filter((hole) => hole.to > hole.from),
    ...subtractRanges(missing, absent).map((hole) => ({ ...hole, reason: 'missing' })),
  ];
  const rows = invalidRows.map((doubt) => ({
    from: doubt.openTime,
    to: doubt.openTime + MINUTE_MS,
    reason: explainInvalidRow(doubt, rules),
  }));
  return joinExcluded([...holes, ...rows].sort((a, b) => a.from - b.from));
}

function explainInvalidRow({ openTime, isFlagged, isSound }: InvalidRow, rules: ReadonlyMap<Minute, string>): string {
  if (isFlagged) return `flagged: ${rules.get(openTime) ?? 'hasMissingData was set outside chartctl'}`;
  return isSound ? 'indicators incomplete' : 'unsound candle';
}

function joinExcluded(parts: readonly Excluded[]): Excluded[] {
  const joined: Excluded[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.to === part.from && last.reason === part.reason) last.to = part.to;
    else joined.push({ ...part });
  }
  return joined;
}
