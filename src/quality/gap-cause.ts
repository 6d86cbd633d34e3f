import type { Candle } from '../core/candle.js';

/** What is known around a stretch of minutes that the exchange does not have. */
export interface GapEvidence {
  /** Whether any candle of the symbol older than the gap is known. */
  hasOlderCandle: boolean;
  /** The candle right before the gap, where there is one. */
  before: Candle | undefined;
  /** How many other symbols miss minutes of the same stretch. */
  otherSymbolsMissing: number;
}

/**
 * Why the exchange does not have some minutes.
 *
 * A symbol without any older candle was not listed yet; several symbols that miss the same minutes are an outage of
 * the exchange; a flat candle without volume right before the gap is a halt of the symbol (on 2023-03-24 Binance
 * served 72 of these before 80 missing minutes).
 */
export function explainGap(evidence: GapEvidence): 'exchange outage' | 'halted' | 'not listed yet' | 'unknown' {
  if (!evidence.hasOlderCandle) return 'not listed yet';
  if (evidence.otherSymbolsMissing > 0) return 'exchange outage';
  if (evidence.before && isFlatWithoutVolume(evidence.before)) return 'halted';
  return 'unknown';
}

function isFlatWithoutVolume({ open, high, low, close, volume }: Candle): boolean {
  return volume === 0 && open === high && high === low && low === close;
}
