import type { Halt } from '../../core/halt.js';
import type { IngestSummary } from '../../jobs/ingest/ingest.js';
import type { JobResult } from '../../jobs/job.js';
import { bySource, range } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, boolean, integer, nullable, object, text, time } from '../framework/document/shape.js';

export const ingestDocument = jobDocument<JobResult<IngestSummary>>({
  minute: about('The minute that was asked for.', time),
  isStored: about('Whether its candle is stored.', boolean),
  isComplete: about('Whether its row has every indicator.', boolean),
  stored: about('Rows that were written.', integer),
  bySource,
  fallback: about("The fallback exchange of the minute's candle; null: Binance.", nullable(text)),
  halt: about(
    'Why Binance has no newer candle: it does not trade the symbol.',
    nullable(object<Halt>({ state: text, since: nullable(time) })),
  ),
  olderHole: about('An older stretch without rows, which a backfill fills.', nullable(range)),
});
