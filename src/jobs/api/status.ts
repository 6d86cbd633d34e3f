import { status as statusOf, type StatusOptions, type StatusSummary } from '../status.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf, type ForOneSymbol } from './summary-of.js';

/** What `status` may be told. */
export type StatusSettings = ForOneSymbol<StatusOptions>;

/**
 * What is in the table of a symbol, what is not and why, and whether its window is ready: `chartctl status`.
 *
 * Changes nothing. Binance is asked for the time only; when it does not answer within 3 s the local clock does.
 *
 * @param symbol such as `BTCUSDT`, in any case; one that has no row yet is not ready, and that is no failure
 * @throws Failure
 * @example
 * const { readiness } = await status('BTCUSDT');
 * if (!readiness.isReady) console.log(readiness.blockers.map(({ reason }) => reason));
 */
export async function status(symbol: string, options: Opened & StatusSettings = {}): Promise<StatusSummary> {
  const [opened, settings] = splitOpened<StatusSettings>(options);
  return summaryOf(symbol, opened, (context, named) => statusOf(context, { ...settings, ...named }));
}
