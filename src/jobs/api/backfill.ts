import { backfill as backfillSymbols, type BackfillOptions, type BackfillSummary } from '../backfill.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf, type ForOneSymbol } from './summary-of.js';
import { toMinuteRange, type Time } from './time.js';

/** What `backfill` may be told. */
export type BackfillSettings = Omit<ForOneSymbol<BackfillOptions>, 'range' | 'minutes'>;

/**
 * Makes the minutes of a symbol that open in `[startTime, endTime)` right: `chartctl backfill`.
 *
 * Valid rows stay; minutes that have not closed yet are left alone. `stillMissing` of the answer counts what is not
 * there although the exchange may have it, `absent` names what the exchange does not have.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure; what was written before it stays, and the same call goes on from there
 * @example
 * const { inserted, absent } = await backfill('BTCUSDT', '2025-06-01', '2025-06-02T12:00Z', { fillGaps: true });
 */
export async function backfill(
  symbol: string,
  startTime: Time,
  endTime: Time,
  options: Opened & BackfillSettings = {},
): Promise<BackfillSummary> {
  const [opened, settings] = splitOpened<BackfillSettings>(options);
  const range = toMinuteRange(startTime, endTime);
  return summaryOf(symbol, opened, (context, named) => backfillSymbols(context, { ...settings, ...named, range }));
}
