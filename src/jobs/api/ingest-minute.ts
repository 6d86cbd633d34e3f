import { floorMinute } from '../../core/minute.js';
import { ingest, type IngestSummary } from '../ingest.js';
import { splitOpened, type Opened } from './opened.js';
import { summaryOf } from './summary-of.js';
import { toInstant, type Time } from './time.js';

/** What `ingestMinute` may be told. */
export interface IngestSettings {
  /** Ingest the minute that holds this instant, and the 400 before it, instead of the newest closed one. */
  at?: Time | undefined;
  /** How long the write waits for a symbol that another process is writing, in milliseconds. Default 10,000. */
  lockWaitMs?: number | undefined;
}

/**
 * Stores the newest closed minute of a symbol, complete, and what was missed since the last stored one: `chartctl ingest`.
 *
 * When Binance fails, a fallback exchange gives the newest minute. `isStored` of the answer is false when no exchange
 * had it yet: that is no failure, and the next call catches it up.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure
 * @example
 * const { minute, isComplete } = await ingestMinute('BTCUSDT');
 * if (isComplete) console.log(`${new Date(minute).toISOString()} can be forecast from`);
 */
export async function ingestMinute(symbol: string, options: Opened & IngestSettings = {}): Promise<IngestSummary> {
  const [opened, { at, ...settings }] = splitOpened<IngestSettings>(options);
  const minute = at === undefined ? undefined : floorMinute(toInstant(at));
  return summaryOf(symbol, opened, (context, named) => ingest(context, { ...settings, ...named, at: minute }));
}
