import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, mergeRanges, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import type { Store } from '../../database/store.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { findRowsToRefetch } from '../../quality/find-rows-to-refetch.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { findGapsIn } from '../../tables/gaps.js';
import { findInvalidRows, type RangeSummary, summarizeRange } from '../../tables/rolling-chart-data/coverage.js';
import { type FetchPlan, packRequests } from '../fetch/binance-requests.js';

/** What is known of a symbol over the range and the warm-up before it. */
export interface RangeState {
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** Rows that are not valid, ordered. */
  doubts: readonly InvalidRow[];
  /** Minutes that the exchange said it does not have and need not be asked for yet, ordered. */
  absent: readonly MinuteRange[];
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
  knowledge: RangeState,
  policy: { replaceFallback: boolean },
): FetchPlan {
  const { missing, doubts, absent } = knowledge;
  const whole = withWarmUp(range);
  const suspects = toRanges(findRowsToRefetch(doubts, missing, whole, policy).filter((minute) => minute >= range.from));
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
function findLookBack(minute: Minute, rangeFrom: Minute, { missing, doubts, absent }: RangeState): MinuteRange[] {
  const holes = subtractRanges(missing, subtractRanges(missing, absent));
  const lastHole = holes.filter((hole) => hole.to <= minute).at(-1)?.to ?? -Infinity;
  const needed = { from: Math.max(minute - WARM_UP * MINUTE_MS, lastHole), to: rangeFrom };
  const unsound = toRanges(doubts.filter((doubt) => !doubt.isSound).map((doubt) => doubt.openTime));
  return [...missing, ...unsound].map((gap) => intersect(gap, needed)).filter((gap) => countMinutes(gap) > 0);
}

function firstOf(a: Minute | undefined, b: Minute | undefined): Minute | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** A plan, and the range as it was found. */
export interface LoadedPlan extends FetchPlan {
  summary: RangeSummary;
}

/** Learns from the database what a backfill must ask for, and plans it. */
export async function loadBackfillPlan(
  { knex }: Store,
  { replaceFallback = false }: { replaceFallback?: boolean | undefined },
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
): Promise<LoadedPlan> {
  const whole = withWarmUp(range);
  const known = await findGapsIn(knex, symbol, whole);
  const warmUp = { from: whole.from, to: range.from };
  const before = await summarizeRange(knex, symbol, warmUp);
  const survey = await summarizeRange(knex, symbol, range);
  const findDoubts = async (part: MinuteRange, { rows, valid }: RangeSummary) =>
    rows === valid && !replaceFallback ? [] : findInvalidRows(knex, symbol, part, { fallback: replaceFallback });
  const knowledge = {
    missing: mergeRanges([...before.missing, ...survey.missing]),
    doubts: [...(await findDoubts(warmUp, before)), ...(await findDoubts(range, survey))],
    absent: known.filter((gap) => gap.askAgainAt > nowMs),
  };
  return { ...planBackfill(range, knowledge, { replaceFallback }), summary: survey };
}
