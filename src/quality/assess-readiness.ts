import { formatGapReason, type GapReason } from '../core/known-gap.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, formatSpan, intersect, joinAdjacent, type MinuteRange } from '../core/range.js';
import { WARM_UP } from '../indicators/indicator.js';
import { EXTERNAL_FLAG_REASON, type InvalidRow } from '../rows/row-state.js';
import { divideMissing } from './gaps.js';
import { WINDOW_MINUTES } from './window.js';

/** What makes the minutes of a blocker valid; gaps at Binance may be filled from another exchange. */
export type Remedy = 'wait' | 'wait or fill' | 'ingest' | 'backfill' | 'clean' | 'rebuild';

/** A stretch of minutes that are not valid, and why. */
export interface Blocker extends MinuteRange {
  /** The number of minutes. */
  minutes: number;
  /** Why they are not valid, in words. */
  reason: string;
  /** What makes them valid. */
  remedy: Remedy;
}

/** Whether a window is ready, and why not. */
export interface Readiness {
  /** All 600 minutes have a valid row. */
  isReady: boolean;
  /** The minutes of the window that are not valid, in order; empty when ready. */
  blockers: Blocker[];
  /** What ends runs in the window or in the 400 minutes before it, in order; empty when ready. */
  holes: Blocker[];
  /** Only waiting helps: Binance does not have the missing minutes. */
  isOnlyTimeMissing: boolean;
  /** When the window is ready without any repair, if no more minutes go missing; null when it is ready. */
  readyFrom: Minute | null;
}

/** A window all of whose minutes are valid; what is before it does not matter. */
export const READY: Readiness = {
  isReady: true,
  blockers: [],
  holes: [],
  isOnlyTimeMissing: false,
  readyFrom: null,
};

/** What is known about the window and the warm-up before it. */
export interface ReadinessFacts {
  window: MinuteRange;
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** Minutes that Binance does not have, ordered. */
  absent: readonly (MinuteRange & GapReason)[];
  /** Rows that are not valid, ordered. */
  invalidRows: readonly InvalidRow[];
  /** For each flagged minute, the rules that flagged it. */
  rules: ReadonlyMap<Minute, string>;
}

type BlockerPart = Omit<Blocker, 'minutes'>;

/**
 * Whether every minute of the window has a valid row, else exactly why not.
 *
 * A minute that no exchange has costs 400 minutes of warm-up, and then 600 until these have left the window: the window
 * is ready 1,000 minutes after the gap.
 */
export function assessReadiness(facts: ReadinessFacts): Readiness {
  const { window, invalidRows } = facts;
  const holes = findHoles(facts);
  const rows = invalidRows
    .filter((row) => row.isSound && row.openTime >= window.from)
    .map((row) => ({ ...toRange(row), ...assessRow(row, holes, facts) }));
  const inWindow = holes.map((hole) => ({ ...hole, ...intersect(hole, window) })).filter((hole) => hole.to > hole.from);
  const blockers = joinBlockers([...inWindow, ...rows]);
  if (blockers.length === 0) return READY;
  return {
    isReady: false,
    blockers,
    holes: joinBlockers(holes),
    isOnlyTimeMissing: blockers.every(({ remedy }) => remedy === 'wait' || remedy === 'wait or fill'),
    readyFrom: Math.max(
      ...holes.map((hole) => hole.to + (WARM_UP + WINDOW_MINUTES) * MINUTE_MS),
      ...rows.filter((row) => !row.isWarmingUp).map((row) => row.to + WINDOW_MINUTES * MINUTE_MS),
    ),
  };
}

/** What ends runs: minutes without a row and unsound candles. */
function findHoles({ window, missing, absent, invalidRows, rules }: ReadinessFacts): BlockerPart[] {
  const { explained, unexplained } = divideMissing(missing, absent);
  // a halt that lasts is not filled from another exchange, and asking again does not end it
  const last = missing.at(-1);
  const isLasting = (gap: MinuteRange & GapReason) =>
    gap.cause === 'halted' && last?.to === window.to && gap.from >= last.from;
  const known = explained.map((gap): BlockerPart => ({
    from: gap.from,
    to: gap.to,
    remedy: gap.cause === 'not listed yet' || isLasting(gap) ? 'wait' : 'wait or fill',
    reason: `missing at Binance: ${formatGapReason(gap)}`,
  }));
  const halt = explained.find(isLasting);
  const notAsked = unexplained.map((range): BlockerPart => {
    if (halt && range.from >= halt.to) {
      return { ...range, remedy: 'wait', reason: `missing at Binance: ${formatGapReason(halt)}` };
    }
    return { ...range, remedy: range.to === window.to ? 'ingest' : 'backfill', reason: 'missing' };
  });
  const unsound = invalidRows
    .filter((row) => !row.isSound)
    .map((row): BlockerPart => ({ ...toRange(row), remedy: 'backfill', reason: describeUnsound(row, rules) }));
  return [...known, ...notAsked, ...unsound].sort(byTime);
}

/** Why a row with a sound candle is not valid. */
function assessRow(
  row: InvalidRow,
  holes: readonly BlockerPart[],
  { rules }: ReadinessFacts,
): Pick<BlockerPart, 'remedy' | 'reason'> & { isWarmingUp: boolean } {
  if (row.isFlagged) {
    const rule = rules.get(row.openTime) ?? EXTERNAL_FLAG_REASON;
    return { remedy: 'clean', reason: `flagged: ${rule}`, isWarmingUp: false };
  }
  const last = holes.findLast((hole) => hole.to <= row.openTime);
  const isWarmingUp = last !== undefined && row.openTime - last.to < WARM_UP * MINUTE_MS;
  if (isWarmingUp) return { remedy: last.remedy, reason: `warming up after ${formatSpan(last)}`, isWarmingUp };
  return row.isManaged
    ? { remedy: 'rebuild', reason: 'its indicators were not computed', isWarmingUp }
    : { remedy: 'backfill', reason: 'written outside chartctl and not checked yet', isWarmingUp };
}

function describeUnsound({ openTime }: InvalidRow, rules: ReadonlyMap<Minute, string>): string {
  const rule = rules.get(openTime);
  return rule === undefined ? 'unsound candle' : `unsound candle, flagged: ${rule}`;
}

/** The parts in order; adjacent parts with one reason are joined. */
function joinBlockers(parts: readonly BlockerPart[]): Blocker[] {
  return joinAdjacent([...parts].sort(byTime), (a, b) => a.reason === b.reason && a.remedy === b.remedy).map(
    ({ from, to, reason, remedy }) => ({ from, to, minutes: countMinutes({ from, to }), reason, remedy }),
  );
}

function toRange({ openTime }: InvalidRow): MinuteRange {
  return { from: openTime, to: openTime + MINUTE_MS };
}

function byTime(a: MinuteRange, b: MinuteRange): number {
  return a.from - b.from;
}
