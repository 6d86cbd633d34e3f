import { type Minute, MINUTE_MS } from '../core/minute.js';
import { joinAdjacent, type MinuteRange } from '../core/range.js';
import { EXTERNAL_FLAG_REASON, type InvalidRow } from '../rows/row-state.js';
import { divideMissing } from './gaps.js';

/** A stretch of minutes that is left out of a training set, and why. */
export interface Excluded extends MinuteRange {
  /** Why, in words. */
  reason: string;
}

/** What is known of the minutes of a range. */
interface ExclusionFacts {
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** Minutes that the exchange does not have, ordered. */
  absent: readonly (MinuteRange & { cause: string })[];
  /** Rows that are not valid, ordered. */
  invalidRows: readonly InvalidRow[];
  /** For each flagged minute, the rules that flagged it. */
  rules: ReadonlyMap<Minute, string>;
}

/** The minutes that are left out, in order; adjacent minutes with one reason are joined. */
export function describeExcluded({ missing, absent, invalidRows, rules }: ExclusionFacts): Excluded[] {
  const { explained, unexplained } = divideMissing(missing, absent);
  const parts = [
    ...explained.map(({ from, to, cause }) => ({ from, to, reason: `missing at the exchange: ${cause}` })),
    ...unexplained.map((range) => ({ ...range, reason: 'missing' })),
    ...invalidRows.map((row) => ({
      from: row.openTime,
      to: row.openTime + MINUTE_MS,
      reason: explainInvalidRow(row, rules),
    })),
  ];
  return joinAdjacent(
    parts.sort((a, b) => a.from - b.from),
    (a, b) => a.reason === b.reason,
  );
}

function explainInvalidRow({ openTime, isFlagged, isSound }: InvalidRow, rules: ReadonlyMap<Minute, string>): string {
  if (isFlagged) return `flagged: ${rules.get(openTime) ?? EXTERNAL_FLAG_REASON}`;
  return isSound ? 'indicators incomplete' : 'unsound candle';
}
