import { formatHalt } from '../core/halt.js';
import { formatMinute } from '../core/minute.js';
import { formatRange } from '../core/range.js';
import type { IngestSummary } from '../jobs/ingest/ingest.js';
import type { JobResult } from '../jobs/job.js';
import type { Command } from './framework/command.js';
import { formatJobText, formatSources } from './framework/job-result.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS } from './framework/options/options.js';
import { SYMBOLS } from './framework/symbol-messages.js';
import { runJob } from './framework/run-job.js';
import { WARM_UP } from '../indicators/indicator.js';

export const ingestCommand: Command<JobResult<IngestSummary>> = {
  name: 'ingest',
  otherNames: ['fetch', 'update', 'sync'],
  description: 'fetch the last closed minute and the minutes missed before it; compute the indicators',
  arguments: [CONFIGURED_SYMBOLS],
  options: [['--at <time>', 'the minute with this open time instead, as in 2025-06-01T12:00Z'], ...JOB_OPTIONS],
  examples: [
    ['chartctl ingest BTCUSDT ETHUSDT', 'update two symbols'],
    ['chartctl ingest --all --if-locked skip --quiet', 'as a line of the crontab, every minute'],
    ['chartctl ingest BTCUSDT --at 2025-06-01T12:00Z', 'one minute of the past'],
  ],
  run: (call) =>
    runJob(call, { at: call.flags.minute('--at') }, async () => (await import('../jobs/ingest/ingest.js')).ingest),
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'minute', cell: (summary) => formatMinute(summary.minute), isShared: true },
        { title: 'stored', cell: (summary) => summary.stored, isKept: true, isSum: true },
        {
          title: 'complete',
          cell: (summary) => summary.isComplete,
          tone: (summary) => (summary.isComplete ? 'good' : 'bad'),
        },
        {
          title: 'fallback',
          cell: (summary) => summary.fallback,
          tone: ({ fallback }) => (fallback ? 'warning' : undefined),
        },
        { title: 'sources', cell: (summary) => formatSources(summary.bySource), importance: 1 },
      ],
      severity: ({ isStored, isComplete, fallback }) => (isStored ? 0 : 4) + (isComplete ? 0 : 2) + (fallback ? 1 : 0),
      goal: { word: 'complete', isReached: ({ isComplete, halt }) => (halt ? 'halted' : isComplete) },
      details: ({ isStored, isComplete, halt, olderHole }, symbol) => [
        ...(halt ? [`${formatHalt(halt)}; to leave it out: chartctl retire ${symbol}`] : []),
        ...(isStored && !isComplete && !halt ? [INCOMPLETE] : []),
        ...(olderHole ? [`an older gap remains: ${formatRange(olderHole)}`] : []),
      ],
    }),
  document: async () => (await import('./documents/ingest.js')).ingestDocument,
};

/** Why a minute that was stored is not complete: its candle is sound, or it would not have been stored. */
const INCOMPLETE =
  `not complete: fewer than ${WARM_UP} minutes since its first row or a gap; ` +
  `since when, and what fills the gap: chartctl status ${SYMBOLS}`;
