import type { MinuteRange } from '../../core/range.js';
import type { BackfillSummary } from '../../jobs/backfill/backfill.js';
import type { JobResult } from '../../jobs/job.js';
import { jobDocument } from '../framework/document/document.js';
import { range } from '../framework/document/domain-shapes.js';
import { about, boolean, oneOf, text } from '../framework/document/shape.js';
import { BACKFILL_MEMBERS, type BackfillMembers } from './backfill.js';

type Readiness = { window: MinuteRange; isReady: boolean };

interface DemoResult extends JobResult<BackfillSummary & Readiness> {
  kind: 'binance' | 'generated';
  dataDir: string;
}

export const demoDocument = jobDocument<
  DemoResult,
  { candleSource: DemoResult['kind']; dataDir: string },
  BackfillMembers & Readiness
>(
  {
    ...BACKFILL_MEMBERS,
    window: about('The minutes that a forecast reads.', range),
    isReady: about('Whether all of them are valid.', boolean),
  },
  {
    pick: ({ kind, dataDir }) => ({ candleSource: kind, dataDir }),
    members: {
      candleSource: about('Where the candles came from.', oneOf('binance', 'generated')),
      dataDir: about('The folder of the database.', text),
    },
  },
);
