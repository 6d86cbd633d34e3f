import { clean, type CleanOptions, type CleanSummary } from '../clean/clean.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf, type ForOneSymbol } from './summary-of.js';

/** What `cleanAndFlagAnomalies` may be told. */
export type CleanSettings = ForOneSymbol<CleanOptions>;

/**
 * Removes a symbol's duplicates, flags what is unsound or has a volume above mean + 3 standard deviations, and rebuilds
 * what that affects: `chartctl clean`.
 *
 * A flagged row is kept out of the training until somebody vouches for it: with `repair` Binance is asked again, and
 * lifts the flag of every number that it confirms or corrects.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure; then nothing was changed, but a `repair` that failed leaves the flags that were raised before it
 * @example
 * const { spikes, confirmed, openFlags } = await cleanAndFlagAnomalies('BTCUSDT', { repair: true });
 */
export async function cleanAndFlagAnomalies(
  symbol: string,
  options: Opened & CleanSettings = {},
): Promise<CleanSummary> {
  const [opened, settings] = splitOpened<CleanSettings>(options);
  return summaryOf(symbol, opened, (context, named) => clean(context, { ...settings, ...named }));
}
