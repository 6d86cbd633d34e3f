import { backfill as backfillSymbols, type BackfillSummary } from '../backfill.js';
import type { Opened } from './opened.js';
import { summaryOf } from './summary-of.js';
import { toMinuteRange, type Time } from './time.js';

/**
 * Makes the minutes of a symbol that open in `[startTime, endTime)` right: `chartctl backfill`.
 *
 * Valid rows stay; minutes that have not closed yet are left alone. `stillMissing` of the answer counts what is not
 * there although the exchange may have it, `absent` names what the exchange does not have.
 *
 * @throws Failure; what was written before it stays, and the same call goes on from there
 * @example await backfill('BTCUSDT', '2025-06-01', '2025-06-02T12:00Z');
 */
export async function backfill(
  symbol: string,
  startTime: Time,
  endTime: Time,
  opened: Opened = {},
): Promise<BackfillSummary> {
  const range = toMinuteRange(startTime, endTime);
  return summaryOf(symbol, opened, (context, options) => backfillSymbols(context, { ...options, range }));
}
