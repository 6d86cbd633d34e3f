import type { BackfillSummary } from '../../jobs/backfill/backfill.js';
import type { JobResult } from '../../jobs/job.js';
import { jobDocument } from '../framework/document/document.js';
import { about, oneOf, text } from '../framework/document/shape.js';
import { BACKFILL_MEMBERS, type BackfillMembers } from './backfill.js';

interface DemoResult extends JobResult<BackfillSummary> {
  kind: 'binance' | 'generated';
  dataDir: string;
}

export const demoDocument = jobDocument<
  DemoResult,
  { candleSource: DemoResult['kind']; dataDir: string },
  BackfillMembers
>(BACKFILL_MEMBERS, {
  pick: ({ kind, dataDir }) => ({ candleSource: kind, dataDir }),
  members: {
    candleSource: about('Where the candles came from.', oneOf('binance', 'generated')),
    dataDir: about('The folder of the database.', text),
  },
});
