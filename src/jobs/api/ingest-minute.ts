import { ingest, type IngestSummary } from '../ingest.js';
import type { Opened } from './opened.js';
import { summaryOf } from './summary-of.js';

/**
 * Stores the newest closed minute of a symbol, complete, and what was missed since the last stored one: `chartctl ingest`.
 *
 * `isStored` of the answer is false when no exchange had the minute yet.
 *
 * @throws Failure
 * @example const { minute, isComplete } = await ingestMinute('BTCUSDT');
 */
export function ingestMinute(symbol: string, opened: Opened = {}): Promise<IngestSummary> {
  return summaryOf(symbol, opened, ingest);
}
