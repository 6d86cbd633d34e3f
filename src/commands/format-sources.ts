import { formatCount } from '../cli/format-count.js';
import type { Source } from '../core/candle.js';

/** `BINANCE 1, BINANCE_BACKFILL 12`: how many rows came from where. */
export function formatSources(bySource: Partial<Record<Source, number>>): string | null {
  const parts = Object.entries(bySource).map(([source, count]) => `${source} ${formatCount(count)}`);
  return parts.length > 0 ? parts.join(', ') : null;
}
