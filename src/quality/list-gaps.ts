import type { GapCause, KnownGap } from '../core/known-gap.js';
import type { Minute } from '../core/minute.js';
import { countMinutes, intersect, subtractRanges, type MinuteRange } from '../core/range.js';

/** A stretch of minutes without a row. */
export interface ListedGap extends MinuteRange {
  /** How many minutes these are. */
  minutes: number;
  /** Interior: rows follow. Trailing: it reaches up to now. */
  kind: 'interior' | 'trailing';
  /** Null: nobody has asked Binance for these minutes yet, or they are too new to be ruled out. */
  cause: GapCause | null;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
  /** When a backfill asks Binance again; null without a cause. */
  askAgainAt: number | null;
}

/**
 * The minutes without a row, with what is known of them, in order.
 *
 * @param missing minutes without a row, ordered
 * @param known what Binance said that it does not have, ordered
 * @param lastRow the newest row's minute
 */
export function listGaps(
  missing: readonly MinuteRange[],
  known: readonly KnownGap[],
  lastRow: Minute | null,
): ListedGap[] {
  const explained = known.flatMap(({ cause, haltedMinutes, askAgainAt, ...gap }) =>
    missing.map((hole) => ({ ...intersect(hole, gap), cause, haltedMinutes, askAgainAt })),
  );
  const unasked = subtractRanges(missing, known).map((hole) => ({
    ...hole,
    cause: null,
    haltedMinutes: 0,
    askAgainAt: null,
  }));
  return [...explained, ...unasked]
    .filter((gap) => gap.to > gap.from)
    .sort((a, b) => a.from - b.from)
    .map((gap) => ({
      ...gap,
      minutes: countMinutes(gap),
      kind: lastRow === null || gap.from > lastRow ? 'trailing' : 'interior',
    }));
}
