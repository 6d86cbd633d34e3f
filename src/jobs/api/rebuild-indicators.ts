import { floorMinute } from '../../core/minute.js';
import { rebuild, type RebuildOptions, type RebuildSummary } from '../rebuild.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf, type ForOneSymbol } from './summary-of.js';
import { toInstant, type Time } from './time.js';

/** What `rebuildIndicators` may be told. */
export type RebuildSettings = Omit<ForOneSymbol<RebuildOptions>, 'range' | 'minutes'>;

/**
 * Recomputes, from the stored candles, every row of a symbol that a change at these minutes can affect: the minutes
 * themselves and up to 1,000 after each. `chartctl rebuild --timestamps`.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @param timestamps instants within the minutes whose candles changed
 * @throws Failure
 * @example
 * const { rewritten } = await rebuildIndicators('BTCUSDT', ['2025-06-01T12:00Z']);
 */
export async function rebuildIndicators(
  symbol: string,
  timestamps: readonly Time[],
  options: Opened & RebuildSettings = {},
): Promise<RebuildSummary> {
  const [opened, settings] = splitOpened<RebuildSettings>(options);
  const minutes = timestamps.map((time) => floorMinute(toInstant(time)));
  return summaryOf(symbol, opened, (context, named) => rebuild(context, { ...settings, ...named, minutes }));
}
