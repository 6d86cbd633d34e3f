import { checkRetrain as check, type CheckRetrainOptions, type CheckRetrainSummary } from '../retrain/check-retrain.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf, type ForOneSymbol } from './summary-of.js';

/** What `checkRetrain` may be told. */
export type RetrainSettings = Omit<ForOneSymbol<CheckRetrainOptions>, 'exec' | 'webhook' | 'githubOutput'>;

/**
 * Whether so many of a symbol's last rows were replaced since its last recorded training that another one is due:
 * `chartctl check-retrain`.
 *
 * Record a training that went well by calling it again with `markTrained`: what is in the table then counts as known.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure
 * @example
 * const { isDue, reasons } = await checkRetrain('BTCUSDT', { threshold: 0.1 });
 */
export async function checkRetrain(
  symbol: string,
  options: Opened & RetrainSettings = {},
): Promise<CheckRetrainSummary> {
  const [opened, settings] = splitOpened<RetrainSettings>(options);
  return summaryOf(symbol, opened, (context, named) => check(context, { ...settings, ...named }));
}
