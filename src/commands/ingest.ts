import { formatMinute } from '../core/minute.js';
import { formatRange } from '../core/range.js';
import type { IngestOptions, IngestSummary } from '../jobs/ingest/ingest.js';
import type { JobCommand } from './framework/command.js';
import { formatSources } from './framework/job-report.js';

type Own = Pick<IngestOptions, 'at'>;

export const ingestCommand: JobCommand<Own, IngestSummary> = {
  name: 'ingest',
  description: 'fetch the last closed minute and what was missed since; write it complete',
  options: [['--at <time>', 'the minute with this open time instead, as in 2025-06-01T12:00Z']],
  examples: [
    ['chartctl ingest BTCUSDT ETHUSDT', 'bring two symbols up to now'],
    ['chartctl ingest --all --if-locked skip --quiet', 'as a line of the crontab, every minute'],
    ['chartctl ingest BTCUSDT --at 2025-06-01T12:00Z', 'one minute of the past'],
  ],
  parse: (flags) => ({ at: flags.minute('--at') }),
  load: async () => (await import('../jobs/ingest/ingest.js')).ingest,
  columns: [
    { title: 'minute', cell: (summary) => formatMinute(summary.minute) },
    { title: 'stored', cell: (summary) => summary.stored },
    { title: 'sources', cell: (summary) => formatSources(summary.bySource) },
    { title: 'fallback', cell: (summary) => summary.fallback },
    { title: 'complete', cell: (summary) => summary.isComplete },
  ],
  details: ({ olderHole }) => (olderHole ? [`an older hole stays: ${formatRange(olderHole)}`] : []),
};
