import { WARM_UP, WINDOW } from '../core/indicator-columns.js';
import { formatReason, type GapReason } from '../core/known-gap.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import { countMinutes, formatSpan, intersect, subtractRanges, type MinuteRange } from '../core/range.js';
import type { DoubtfulRow } from '../core/doubtful-row.js';

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
export interface WindowKnowledge {
  window: MinuteRange;
  /** Minutes without a row, ordered. */
  missing: readonly MinuteRange[];
  /** What Binance said that it does not have, ordered. */
  absent: readonly (MinuteRange & GapReason)[];
  /** Rows that are not valid, ordered. */
  doubts: readonly DoubtfulRow[];
  /** By minute, the rules that flagged it. */
  rules: ReadonlyMap<Minute, string>;
}

type Part = Omit<Blocker, 'minutes'>;

/**
 * Whether every minute of the window is there and valid, else exactly why not.
 *
 * A minute that no exchange has costs 400 minutes of warm-up after it, and then 600 until the window holds none of
 * these: it is ready 1,000 minutes after the hole.
 */
export function judgeReadiness(knowledge: WindowKnowledge): Readiness {
  const { window, doubts } = knowledge;
  const holes = findHoles(knowledge);
  const rows = doubts
    .filter((doubt) => doubt.isSound && doubt.openTime >= window.from)
    .map((doubt) => ({ ...toRange(doubt), ...judgeRow(doubt, holes, knowledge) }));
  const inWindow = holes.map((hole) => ({ ...hole, ...intersect(hole, window) })).filter((hole) => hole.to > hole.from);
  const blockers = joinNeighbours([...inWindow, ...rows]);
  if (blockers.length === 0)
    return { isReady: true, blockers: [], holes: [], isOnlyTimeMissing: false, readyFrom: null };
  return {
    isReady: false,
    blockers,
    holes: joinNeighbours(holes),
    isOnlyTimeMissing: blockers.every(({ remedy }) => remedy === 'wait' || remedy === 'wait or fill'),
    readyFrom: Math.max(
      ...holes.map((hole) => hole.to + (WARM_UP + WINDOW) * MINUTE_MS),
      ...rows.filter((row) => !row.isWarmingUp).map((row) => row.to + WINDOW * MINUTE_MS),
    ),
  };
}

/** What no run reaches across: minutes without a row and unsound candles. */
function findHoles({ window, missing, absent, doubts, rules }: WindowKnowledge): Part[] {
  const known = absent.flatMap((gap) => {
    const remedy = gap.cause === 'not listed yet' ? 'wait' : 'wait or fill';
    const reason = `missing at Binance: ${formatReason(gap)}`;
    return missing.map((hole): Part => ({ ...intersect(hole, gap), remedy, reason }));
  });
  const unasked = subtractRanges(missing, absent).map((hole): Part => {
    return { ...hole, remedy: hole.to === window.to ? 'ingest' : 'backfill', reason: 'missing' };
  });
  const unsound = doubts
    .filter((doubt) => !doubt.isSound)
    .map((doubt): Part => ({ ...toRange(doubt), remedy: 'backfill', reason: describeUnsound(doubt, rules) }));
  return [...known.filter((hole) => hole.to > hole.from), ...unasked, ...unsound].sort(byTime);
}

/** Why a row with a sound candle is not valid. */
function judgeRow(
  doubt: DoubtfulRow,
  holes: readonly Part[],
  { rules }: WindowKnowledge,
): Pick<Part, 'remedy' | 'reason'> & { isWarmingUp: boolean } {
  if (doubt.isFlagged) {
    const rule = rules.get(doubt.openTime) ?? 'hasMissingData was set outside chartctl';
    return { remedy: 'clean', reason: `flagged: ${rule}`, isWarmingUp: false };
  }
  const last = holes.findLast((hole) => hole.to <= doubt.openTime);
  const isWarmingUp = last !== undefined && doubt.openTime - last.to < WARM_UP * MINUTE_MS;
  if (isWarmingUp) return { remedy: last.remedy, reason: `warming up after ${formatSpan(last)}`, isWarmingUp };
  return doubt.isOurs
    ? { remedy: 'rebuild', reason: 'without the indicators that it could have', isWarmingUp }
    : { remedy: 'backfill', reason: 'written outside chartctl and not checked yet', isWarmingUp };
}

function describeUnsound({ openTime }: DoubtfulRow, rules: ReadonlyMap<Minute, string>): string {
  const rule = rules.get(openTime);
  return rule === undefined ? 'unsound candle' : `unsound candle, flagged: ${rule}`;
}

/** The parts in order, neighbours with one reason together. */
function joinNeighbours(parts: readonly Part[]): Blocker[] {
  const joined: Blocker[] = [];
  for (const { from, to, reason, remedy } of [...parts].sort(byTime)) {
    const last = joined.at(-1);
    if (last?.to === from && last.reason === reason && last.remedy === remedy) last.to = to;
    else joined.push({ from, to, minutes: 0, reason, remedy });
  }
  return joined.map((part) => ({ ...part, minutes: countMinutes(part) }));
}

function toRange({ openTime }: DoubtfulRow): MinuteRange {
  return { from: openTime, to: openTime + MINUTE_MS };
}

function byTime(a: MinuteRange, b: MinuteRange): number {
  return a.from - b.from;
}
