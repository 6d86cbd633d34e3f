import {
  type GapCause,
  type GapRetry,
  type KnownGap,
  NOT_IN_ARCHIVE_CAUSE,
  NOWHERE_CAUSE,
  OFF_MINUTE_CAUSE,
} from '../core/known-gap.js';
import { DAY_MS, HOUR_MS, type Minute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, intersect, type MinuteRange, subtractRanges } from '../core/range.js';

/** What is known about a stretch of minutes that the exchange does not have. */
interface GapEvidence {
  /** Whether the exchange has candles of these minutes that are off the minute. */
  isOffMinute?: boolean;
  /** Whether the minutes are absent in Binance's archive, and its API was not asked. */
  isArchiveOnly?: boolean;
  /** Whether there is any older candle of the symbol, in the table or at the exchange. */
  hasOlderCandle: boolean;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
  /** The recorded causes of these minutes or some of them. */
  previousCauses: readonly GapCause[];
}

/** The number of flat minutes that indicate a halt; a quiet market has shorter stretches of them. */
const MIN_HALT_MINUTES = 5;

/**
 * Why the exchange does not have some minutes of a symbol, judged by this symbol alone.
 *
 * Without any older candle it was not listed yet. Flat candles without volume up to the gap mean that trading was
 * halted (on 2023-03-24 Binance served 72 of these before 80 missing minutes). A recorded outage of the exchange stays
 * one, even if other symbols have their minutes by now. A gap that several symbols share is an outage, whatever this
 * function says of each of them; the caller decides that.
 */
export function explainGap({
  isOffMinute,
  isArchiveOnly,
  hasOlderCandle,
  haltedMinutes,
  previousCauses,
}: GapEvidence): GapCause {
  if (isOffMinute) return OFF_MINUTE_CAUSE;
  if (isArchiveOnly) return NOT_IN_ARCHIVE_CAUSE;
  if (!hasOlderCandle) return 'not listed yet';
  if (previousCauses.includes('exchange outage')) return 'exchange outage';
  if (haltedMinutes >= MIN_HALT_MINUTES || previousCauses.includes('halted')) return 'halted';
  return previousCauses.includes(NOWHERE_CAUSE) ? NOWHERE_CAUSE : 'unknown';
}

/** Gaps of two symbols are one outage only if they begin within this time of each other. */
export const SHARED_GAP_SLACK_MS = 5 * MINUTE_MS;

/** The causes that say nothing against an outage of the exchange. */
const OUTAGE_CANDIDATES: ReadonlySet<GapCause> = new Set(['unknown', 'halted', NOWHERE_CAUSE, NOT_IN_ARCHIVE_CAUSE]);

/** A recorded gap of one of several symbols. */
interface GapOfSymbol extends MinuteRange {
  symbol: string;
  cause: GapCause;
}

/**
 * The gaps that a symbol shares with another one and that are not yet recorded as an outage of the exchange, those of
 * both symbols: where they begin, by symbol, all in order.
 *
 * Two symbols share a gap when their gaps overlap and begin within five minutes of each other. The ends are not compared,
 * because gaps that are still open all end now. A gap before the listing of a symbol is not shared.
 */
export function findSharedGaps(symbol: string, gaps: readonly GapOfSymbol[]): Map<string, Minute[]> {
  const isListed = ({ cause }: GapOfSymbol) => cause !== 'not listed yet';
  const canBeOutage = ({ cause }: GapOfSymbol) => OUTAGE_CANDIDATES.has(cause);
  const shared = new Set<GapOfSymbol>();
  for (const own of gaps.filter((gap) => gap.symbol === symbol)) {
    for (const other of gaps.filter((gap) => gap.symbol !== symbol && isSameOutage(gap, own))) {
      if (canBeOutage(own) && isListed(other)) shared.add(own);
      if (canBeOutage(other) && isListed(own)) shared.add(other);
    }
  }
  const ordered = [...shared].sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.from - b.from));
  const begins = new Map<string, Minute[]>();
  for (const gap of ordered) begins.set(gap.symbol, [...(begins.get(gap.symbol) ?? []), gap.from]);
  return begins;
}

function isSameOutage(a: MinuteRange, b: MinuteRange): boolean {
  return a.from < b.to && b.from < a.to && Math.abs(a.from - b.from) <= SHARED_GAP_SLACK_MS;
}

type GapPart = MinuteRange & GapRetry & { isOffMinute?: boolean };

/**
 * Joins adjacent gaps, because a continuing outage is one gap; but not minutes without any candle with minutes whose
 * candles are off the minute. The result is in order.
 */
export function joinGaps(parts: readonly GapPart[]): GapPart[] {
  const joined: GapPart[] = [];
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last?.to === part.from && !last.isOffMinute === !part.isOffMinute) {
      joined[joined.length - 1] = { ...part, ...scheduleOf(last, part), from: last.from };
    } else joined.push(part);
  }
  return joined;
}

/**
 * The joined gap takes the schedule of the part with the most requests, the earlier one among equals. So the minutes
 * that a continuing outage adds neither delay the next request nor reset its delay to an hour.
 */
function scheduleOf(a: GapPart, b: GapPart): GapRetry {
  const isA = a.askedCount === b.askedCount ? a.askAgainAt <= b.askAgainAt : a.askedCount > b.askedCount;
  const { askedCount, askAgainAt } = isA ? a : b;
  return { askedCount, askAgainAt, askedAt: Math.max(a.askedAt, b.askedAt) };
}

/** The delays after each request without a result; the last one repeats. Binance does fill gaps later. */
const RETRY_DELAYS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/** The delay after `askedCount` requests (1 or more) for minutes that the exchange does not have. */
export function retryDelayMs(askedCount: number): number {
  return RETRY_DELAYS_MS[Math.min(askedCount, RETRY_DELAYS_MS.length) - 1]!;
}

/** A stretch of minutes without a row. */
export interface ListedGap extends MinuteRange {
  /** The number of minutes. */
  minutes: number;
  /** Interior: rows follow. Trailing: it extends to the present. */
  kind: 'interior' | 'trailing';
  /** Null: Binance was not asked for these minutes yet, or they are too recent to be final. */
  cause: GapCause | null;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
  /** When a backfill requests them again; null without a cause. */
  askAgainAt: number | null;
}

/**
 * The minutes without a row, each stretch with what is known of it, in order.
 *
 * @param missing minutes without a row, ordered
 * @param known minutes that Binance does not have, ordered
 * @param lastRow the newest row's minute
 */
export function listGaps(
  missing: readonly MinuteRange[],
  known: readonly KnownGap[],
  lastRow: Minute | null,
): ListedGap[] {
  const { explained, unexplained } = divideMissing(missing, known);
  const listed = [
    ...explained.map(({ from, to, cause, haltedMinutes, askAgainAt }) => ({
      from,
      to,
      cause,
      haltedMinutes,
      askAgainAt,
    })),
    ...unexplained.map((range) => ({ ...range, cause: null, haltedMinutes: 0, askAgainAt: null })),
  ];
  return listed
    .sort((a, b) => a.from - b.from)
    .map((gap) => ({
      ...gap,
      minutes: countMinutes(gap),
      kind: lastRow === null || gap.from > lastRow ? 'trailing' : 'interior',
    }));
}

/** Divides missing minutes into the parts that a known gap covers, with what is known of it, and the other parts. */
export function divideMissing<Gap extends MinuteRange>(
  missing: readonly MinuteRange[],
  known: readonly Gap[],
): { explained: Gap[]; unexplained: MinuteRange[] } {
  const explained = known
    .flatMap((gap) => missing.map((range): Gap => ({ ...gap, ...intersect(range, gap) })))
    .filter(({ from, to }) => to > from);
  return { explained, unexplained: subtractRanges(missing, known) };
}
