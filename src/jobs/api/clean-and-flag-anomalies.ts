import { clean, type CleanSummary } from '../clean.js';
import type { Opened } from './opened.js';
import { summaryOf } from './summary-of.js';

/**
 * Removes a symbol's duplicates, flags what is unsound or has a volume above mean + 3 standard deviations, and rebuilds
 * what that affects: `chartctl clean`.
 *
 * @throws Failure; then nothing was changed
 * @example const { spikes, openFlags } = await cleanAndFlagAnomalies('BTCUSDT');
 */
export function cleanAndFlagAnomalies(symbol: string, opened: Opened = {}): Promise<CleanSummary> {
  return summaryOf(symbol, opened, clean);
}
