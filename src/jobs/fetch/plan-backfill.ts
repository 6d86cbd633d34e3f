import { WARM_UP } from '../../core/indicator-columns.js';
import { MINUTE_MS, type Minute } from '../../core/minute.js';
import { countMinutes, intersect, mergeRanges, subtractRanges, toRanges, type MinuteRange } from '../../core/range.js';
import type { DoubtfulRow } from '../../core/doubtful-row.js';
import { findSuspects } from '../../quality/find-suspects.js';

/** The most minutes that one klines request carries. */
export const REQUEST_MINUTES = 1000;
/** What Binance charges for a klines request. */
export const REQUEST_WEIGHT = 2;

/** What is known of a symbol over the range and the warm-up before it. */
export interface Knowledge {
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** Rows that are not valid, ordered. */
  doubts: readonly DoubtfulRow[];
  /** Minutes that the exchange said it does not have and need not be asked for yet, ordered. */
  absent: readonly MinuteRange[];
}

export interface BackfillPlan {
  /** The minutes to ask for: missing and suspect ones, and the missing look-back before them. */
  wanted: MinuteRange[];
  /** The requests that fetch them, each of at most 1,000 minutes. */
  requests: MinuteRange[];
}

/** Where knowledge must begin for a plan over `range`. */
export function withWarmUp(range: MinuteRange): MinuteRange {
  return { from: range.from - WARM_UP * MINUTE_MS, to: range.to };
}

/**
 * What a backfill of `range` must ask the exchange for; pure.
 *
 * The look-back before the first minute that is not valid is asked for where it is missing or unsound, for without it
 * that minute could not become complete.
 */
export function planBackfill(
  range: MinuteRange,
  knowledge: Knowledge,
  policy: { replaceFallback: boolean },
): BackfillPlan {
  const { missing, doubts, absent } = knowledge;
  const whole = withWarmUp(range);
  const suspects = toRanges(findSuspects(doubts, missing, whole, policy).filter((minute) => minute >= range.from));
  const inRange = mergeRanges([...missing.map((gap) => intersect(gap, range)), ...suspects]);
  const firstInvalid = firstOf(
    subtractRanges(inRange, absent)[0]?.from,
    doubts.find((doubt) => doubt.openTime >= range.from && !doubt.isComplete)?.openTime,
  );
  const lookBack = firstInvalid === undefined ? [] : findLookBack(firstInvalid, range.from, knowledge);
  const wanted = subtractRanges(mergeRanges([...lookBack, ...inRange]), absent);
  return { wanted, requests: packRequests(wanted) };
}

/**
 * The missing and unsound minutes among the 400 before `minute` that lie before the range.
 *
 * Behind minutes that the exchange does not have nothing is needed: no run reaches across them.
 */
function findLookBack(minute: Minute, rangeFrom: Minute, { missing, doubts, absent }: Knowledge): MinuteRange[] {
  const holes = subtractRanges(missing, subtractRanges(missing, absent));
  const lastHole = holes.filter((hole) => hole.to <= minute).at(-1)?.to ?? -Infinity;
  const needed = { from: Math.max(minute - WARM_UP * MINUTE_MS, lastHole), to: rangeFrom };
  const unsound = toRanges(doubts.filter((doubt) => !doubt.isSound).map((doubt) => doubt.openTime));
  return [...missing, ...unsound].map((gap) => intersect(gap, needed)).filter((gap) => countMinutes(gap) > 0);
}

/** Requests that cover the wanted minutes in order; stretches that fit into one request share it. */
export function packRequests(wanted: readonly MinuteRange[]): MinuteRange[] {
  const requests: MinuteRange[] = [];
  for (const range of wanted) {
    let from = range.from;
    const last = requests.at(-1);
    if (last) {
      const reach = last.from + REQUEST_MINUTES * MINUTE_MS;
      if (from < reach) {
        last.to = Math.min(range.to, reach);
        from = last.to;
      }
    }
    for (; from < range.to; from += REQUEST_MINUTES * MINUTE_MS) {
      requests.push({ from, to: Math.min(range.to, from + REQUEST_MINUTES * MINUTE_MS) });
    }
  }
  return requests;
}

function firstOf(a: Minute | undefined, b: Minute | undefined): Minute | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
