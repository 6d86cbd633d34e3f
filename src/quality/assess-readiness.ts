import { formatGapReason, type GapReason } from '../core/known-gap.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, formatSpan, intersect, type MinuteRange, subtractRanges } from '../core/range.js';
import { WARM_UP } from '../indicators/indicator.js';
import type { InvalidRow } from '../rows/row-state.js';

/** Minutes the forecast engine looks at. */
export const WINDOW_MINUTES = 600;

/** What makes the minutes of a blocker valid; what Binance does not have may be filled from another exchange. */
export type Remedy = 'wait' | 'wait or fill' | 'ingest' | 'backfill' | 'clean' | 'rebuild';

/** A stretch of minutes that are not valid, and why. */
export interface Blocker extends MinuteRange {
  /** How many minutes these are. */
  minutes: number;
  /** Why they are not valid, in words. */
  reason: string;
  /** What makes them valid. */
  remedy: Remedy;
}

/** Whether a window is ready, and what keeps it from that. */
export interface Readiness {
  /** All 600 minutes are there and valid. */
  isReady: boolean;
  /** The minutes of the window that are not valid, in order; empty when ready. */
  blockers: Blocker[];
  /** What no run reaches across, in the window or in the 400 minutes before it, in order; empty when ready. */
  holes: Blocker[];
  /** Nothing can be done but wait: Binance has no more. */
  isOnlyTimeMissing: boolean;
  /** Without any repair the window is ready when the clock gets here, if nothing more is missing; null when it is ready. */
  readyFrom: Minute | null;
}

/** What is known of the window and of the warm-up before it. */
export interface ReadinessFacts {
  window: MinuteRange;
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** What Binance said that it does not have, ordered. */
  absent: readonly (MinuteRange & GapReason)[];
  /** Rows that are not valid, ordered. */
  invalidRows: readonly InvalidRow[];
  /** By minute, the rules that flagged it. */
  rules: ReadonlyMap<Minute, string>;
}

type BlockerPart = Omit<Blocker, 'minutes'>;

/**
 * Whether every minute of the window is there and valid, else exactly why not.
 *
 * A minute that no exchange has costs 400 minutes of warm-up after it, and then 600 until the window holds none of
 * these: it is ready 1,000 minutes after the hole.
 */
export function assessReadiness(knowledge: ReadinessFacts): Readiness {
  const { window, invalidRows } = knowledge;
  const holes = findHoles(knowledge);
  const rows = invalidRows
    .filter((doubt) => doubt.isSound && doubt.openTime >= window.from)
    .map((doubt) => ({ ...toRange(doubt), ...assessRow(doubt, holes, knowledge) }));
  const inWindow = holes.map((hole) => ({ ...hole, ...intersect(hole, window) })).filter((hole) => hole.to > hole.from);
  const blockers = joinBlockers([...inWindow, ...rows]);
  if (blockers.length === 0)
    return { isReady: true, blockers: [], holes: [], isOnlyTimeMissing: false, readyFrom: null };
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

/** What no run reaches across: minutes without a row and unsound candles. */
function findHoles({ window, missing, absent, invalidRows, rules }: ReadinessFacts): BlockerPart[] {
  const known = absent.flatMap((gap) => {
    const remedy = gap.cause === 'not listed yet' ? 'wait' : 'wait or fill';
    const reason = `missing at Binance: ${formatGapReason(gap)}`;
    return missing.map((hole): BlockerPart => ({ ...intersect(hole, gap), remedy, reason }));
  });
  const unasked = subtractRanges(missing, absent).map((hole): BlockerPart => {
    return { ...hole, remedy: hole.to === window.to ? 'ingest' : 'backfill', reason: 'missing' };
  });
  const unsound = invalidRows
    .filter((doubt) => !doubt.isSound)
    .map((doubt): BlockerPart => ({ ...toRange(doubt), remedy: 'backfill', reason: describeUnsound(doubt, rules) }));
  return [...known.filter((hole) => hole.to > hole.from), ...unasked, ...unsound].sort(byTime);
}

/** Why a row with a sound candle is not valid. */
function assessRow(
  doubt: InvalidRow,
  holes: readonly BlockerPart[],
  { rules }: ReadinessFacts,
): Pick<BlockerPart, 'remedy' | 'reason'> & { isWarmingUp: boolean } {
  if (doubt.isFlagged) {
    const rule = rules.get(doubt.openTime) ?? 'hasMissingData was set outside chartctl';
    return { remedy: 'clean', reason: `flagged: ${rule}`, isWarmingUp: false };
  }
  const last = holes.findLast((hole) => hole.to <= doubt.openTime);
  const isWarmingUp = last !== undefined && doubt.openTime - last.to < WARM_UP * MINUTE_MS;
  if (isWarmingUp) return { remedy: last.remedy, reason: `warming up after ${formatSpan(last)}`, isWarmingUp };
  return doubt.isManaged
    ? { remedy: 'rebuild', reason: 'without the indicators that it could have', isWarmingUp }
    : { remedy: 'backfill', reason: 'written outside chartctl and not checked yet', isWarmingUp };
}

function describeUnsound({ openTime }: InvalidRow, rules: ReadonlyMap<Minute, string>): string {
  const rule = rules.get(openTime);
  return rule === undefined ? 'unsound candle' : `unsound candle, flagged: ${rule}`;
}

/** The parts in order, neighbours with one reason together. */
function joinBlockers(parts: readonly BlockerPart[]): Blocker[] {
  const joined: Blocker[] = [];
  for (const { from, to, reason, remedy } of [...parts].sort(byTime)) {
    const last = joined.at(-1);
    if (last?.to === from && last.reason === reason && last.remedy === remedy) last.to = to;
    else joined.push({ from, to, minutes: 0, reason, remedy });
  }
  return joined.map((part) => ({ ...part, minutes: countMinutes(part) }));
}

function toRange({ openTime }: InvalidRow): MinuteRange {
  return { from: openTime, to: openTime + MINUTE_MS };
}

function byTime(a: MinuteRange, b: MinuteRange): number {
  return a.from - b.from;
}
