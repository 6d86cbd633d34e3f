import type { GapCause, GapRetry, KnownGap } from '../core/known-gap.js';
import { HOUR_MS, type Minute } from '../core/minute.js';
import { countMinutes, intersect, type MinuteRange, subtractRanges } from '../core/range.js';

/** What is known around a stretch of minutes that the exchange does not have. */
export interface GapEvidence {
  /** Whether there is any older candle of the symbol, in the table or at the exchange. */
  hasOlderCandle: boolean;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
  /** What was found out earlier about these minutes or some of them. */
  previousCauses: readonly GapCause[];
}

/** From this many dead minutes on they speak of a halt; a quiet market has a few of them by itself. */
const MIN_HALT_MINUTES = 5;

/**
 * Why the exchange does not have some minutes of a symbol, as far as the symbol itself tells.
 *
 * Without any older candle it was not listed yet. Flat candles without volume up to the gap mean that trading was
 * halted (on 2023-03-24 Binance served 72 of these before 80 missing minutes). Once known to be an outage of the
 * exchange it stays one, though the others' minutes may have come back. That several symbols share a gap is another
 * question: it makes an outage of each of them, halted before it or not.
 */
export function explainGap({ hasOlderCandle, haltedMinutes, previousCauses }: GapEvidence): GapCause {
  if (!hasOlderCandle) return 'not listed yet';
  if (previousCauses.includes('exchange outage')) return 'exchange outage';
  return haltedMinutes >= MIN_HALT_MINUTES || previousCauses.includes('halted') ? 'halted' : 'unknown';
}

type GapPart = MinuteRange & GapRetry;

/** Gaps that adjoin are one gap: an outage that goes on is not many. The result is in order. */
export function joinGaps(parts: readonly GapPart[]): GapPart[] {
  const joined: GapPart[] = [];
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last?.to === part.from) joined[joined.length - 1] = { ...scheduleOf(last, part), from: last.from, to: part.to };
    else joined.push(part);
  }
  return joined;
}

/**
 * The gap goes by the schedule of the part that was asked for most often, the earlier one among equals: so minutes
 * that an outage adds neither put the next question off nor bring it back to every hour.
 */
function scheduleOf(a: GapPart, b: GapPart): GapRetry {
  const isA = a.askedCount === b.askedCount ? a.askAgainAt <= b.askAgainAt : a.askedCount > b.askedCount;
  const { askedCount, askAgainAt } = isA ? a : b;
  return { askedCount, askAgainAt, askedAt: Math.max(a.askedAt, b.askedAt) };
}

const DAY_MS = 24 * HOUR_MS;

/** How long to wait after each fruitless question; the last pause repeats. Binance does fill holes later. */
const RETRY_DELAYS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/** The pause after the exchange was asked `askedCount` times (1 or more) for minutes that it does not have. */
export function retryDelayMs(askedCount: number): number {
  return RETRY_DELAYS_MS[Math.min(askedCount, RETRY_DELAYS_MS.length) - 1]!;
}

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
