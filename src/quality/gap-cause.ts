import type { GapCause } from '../core/known-gap.js';

/** What is known around a stretch of minutes that the exchange does not have. */
export interface GapEvidence {
  /** Whether there is any older candle of the symbol, in the table or at the exchange. */
  hasOlderCandle: boolean;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
  /** What was found out earlier about these minutes or some of them. */
  formerCauses: readonly GapCause[];
}

/** From this many dead minutes on they speak of a halt; a quiet market has a few of them by itself. */
const HALT_MINUTES = 5;

/**
 * Why the exchange does not have some minutes of a symbol, as far as the symbol itself tells.
 *
 * Without any older candle it was not listed yet. Flat candles without volume up to the gap mean that trading was
 * halted (on 2023-03-24 Binance served 72 of these before 80 missing minutes). Once known to be an outage of the
 * exchange it stays one, though the others' minutes may have come back. That several symbols share a gap is another
 * question: it makes an outage of each of them, halted before it or not.
 */
export function explainGap({ hasOlderCandle, haltedMinutes, formerCauses }: GapEvidence): GapCause {
  if (!hasOlderCandle) return 'not listed yet';
  if (formerCauses.includes('exchange outage')) return 'exchange outage';
  return haltedMinutes >= HALT_MINUTES || formerCauses.includes('halted') ? 'halted' : 'unknown';
}
