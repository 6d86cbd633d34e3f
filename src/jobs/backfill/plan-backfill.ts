import { type KnownGap, NOT_IN_ARCHIVE_CAUSE } from '../../core/known-gap.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, mergeRanges, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import type { Store } from '../../database/store.js';
import type { Via } from '../../exchange/archive/archive-config.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { findRowsToRefetch } from '../../quality/find-rows-to-refetch.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { findGapsIn } from '../../tables/gaps.js';
import { findInvalidRows, type RangeSummary, summarizeAround } from '../../tables/rolling-chart-data/coverage.js';
import { type FetchPlan, packRequests } from '../fetch/binance-requests.js';

/** The stored state of a symbol over a range and the warm-up before it. */
export interface RangeState {
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** Ordered. */
  invalidRows: readonly InvalidRow[];
  /** Minutes that the exchange does not have and that are not due for another request, ordered. */
  absent: readonly MinuteRange[];
}

/** A plan, and the state of the range before it is carried out. */
export interface LoadedPlan extends FetchPlan {
  summary: RangeSummary;
  /** The known gaps of the range and of the warm-up before it. */
  known: KnownGap[];
}

interface PlanOptions {
  replaceFallback?: boolean | undefined;
  via?: Via | undefined;
  /** Plan also the minutes that the exchange did not have: something else may. */
  ignoreKnownGaps?: boolean | undefined;
}

/** Reads the state of a range from the database and plans the backfill. */
export async function loadBackfillPlan(
  { knex }: Store,
  { replaceFallback = false, via = 'auto', ignoreKnownGaps = false }: PlanOptions,
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
): Promise<LoadedPlan> {
  const whole = withWarmUp(range);
  const known = await findGapsIn(knex, symbol, whole);
  const warmUp = { from: whole.from, to: range.from };
  const { before, after: summary } = await summarizeAround(knex, symbol, whole, range.from);
  const findInvalid = async (part: MinuteRange, { rows, valid }: RangeSummary) =>
    rows === valid && !replaceFallback ? [] : findInvalidRows(knex, symbol, part, { fallback: replaceFallback });
  const state = {
    missing: mergeRanges([...before.missing, ...summary.missing]),
    invalidRows: [...(await findInvalid(warmUp, before)), ...(await findInvalid(range, summary))],
    absent: ignoreKnownGaps
      ? []
      : known.filter((gap) => gap.askAgainAt > nowMs && (via === 'archive' || gap.cause !== NOT_IN_ARCHIVE_CAUSE)),
  };
  return { ...planBackfill(range, state, { replaceFallback }), summary, known };
}

/** Extends a range by the warm-up before it. */
function withWarmUp(range: MinuteRange): MinuteRange {
  return { from: range.from - WARM_UP * MINUTE_MS, to: range.to };
}

/**
 * The minutes that a backfill of `range` must fetch: missing rows, rows to refetch, and the missing or unsound look-back
 * before the first invalid minute, which that minute needs to become complete.
 */
export function planBackfill(range: MinuteRange, state: RangeState, policy: { replaceFallback: boolean }): FetchPlan {
  const { missing, invalidRows, absent } = state;
  const whole = withWarmUp(range);
  const toRefetch = findRowsToRefetch(invalidRows, missing, whole, policy).filter((minute) => minute >= range.from);
  const inRange = mergeRanges([...missing.map((gap) => intersect(gap, range)), ...toRanges(toRefetch)]);
  const firstInvalid = firstOf(
    subtractRanges(inRange, absent)[0]?.from,
    invalidRows.find((row) => row.openTime >= range.from && !row.isComplete)?.openTime,
  );
  const lookBack = firstInvalid === undefined ? [] : findLookBack(firstInvalid, range.from, state);
  const wanted = subtractRanges(mergeRanges([...lookBack, ...inRange]), absent);
  return { wanted, requests: packRequests(wanted) };
}

/**
 * The missing and unsound minutes before the range, within the warm-up of `minute`. Minutes before a gap of the exchange
 * are not needed, since a run ends there.
 */
function findLookBack(minute: Minute, rangeFrom: Minute, { missing, invalidRows, absent }: RangeState): MinuteRange[] {
  const gaps = subtractRanges(missing, subtractRanges(missing, absent));
  const lastGapEnd = gaps.filter((gap) => gap.to <= minute).at(-1)?.to ?? -Infinity;
  const needed = { from: Math.max(minute - WARM_UP * MINUTE_MS, lastGapEnd), to: rangeFrom };
  const unsound = toRanges(invalidRows.filter((row) => !row.isSound).map((row) => row.openTime));
  return [...missing, ...unsound].map((gap) => intersect(gap, needed)).filter((gap) => countMinutes(gap) > 0);
}

function firstOf(a: Minute | undefined, b: Minute | undefined): Minute | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
