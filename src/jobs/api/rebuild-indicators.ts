import { floorMinute } from '../../core/minute.js';
import { rebuild, type RebuildSummary } from '../rebuild.js';
import type { Opened } from './opened.js';
import { summaryOf } from './summary-of.js';
import { toInstant, type Time } from './time.js';

/**
 * Recomputes, from the stored candles, every row of a symbol that a change at these minutes can affect: the minutes
 * themselves and up to 1,000 after each. `chartctl rebuild --timestamps`.
 *
 * @throws Failure
 * @example const { rewritten } = await rebuildIndicators('BTCUSDT', ['2025-06-01T12:00Z']);
 */
export async function rebuildIndicators(
  symbol: string,
  timestamps: readonly Time[],
  opened: Opened = {},
): Promise<RebuildSummary> {
  const minutes = timestamps.map((time) => floorMinute(toInstant(time)));
  return summaryOf(symbol, opened, (context, options) => rebuild(context, { ...options, minutes }));
}
