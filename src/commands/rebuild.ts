import { readListFile } from '../config/text-file.js';
import type { Minute } from '../core/minute.js';
import { parseMinute } from '../core/parse-time.js';
import type { JobResult } from '../jobs/job.js';
import type { RebuildSummary } from '../jobs/rebuild.js';
import type { Command } from './framework/command.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS, readRange } from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const rebuildCommand: Command<JobResult<RebuildSummary>> = {
  name: 'rebuild',
  otherNames: ['indicators', 'recompute', 'reindex'],
  description: 'recompute indicators from the stored candles; write the rows that differ',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    ['--from <time>', 'first minute of the range (default: all rows)'],
    ['--to <time>', 'end of the range, itself not in it (default: now)'],
    ['--timestamps <file>', 'only these minutes: one time a line, # begins a comment'],
    ['--dry-run', 'count the rows that would be rewritten'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
    ...JOB_OPTIONS,
  ],
  examples: [
    ['chartctl rebuild --all', 'every row of every symbol'],
    ['chartctl rebuild BTCUSDT --from 2025-06-01 --to 2025-06-02', 'one day'],
  ],
  run: (call) => {
    const { flags } = call;
    flags.needs('--exit-code', '--dry-run');
    const options = {
      range: readRange(flags, '--timestamps'),
      minutes: readTimestamps(flags),
      dryRun: flags.isSet('--dry-run'),
    };
    return runJob(call, options, async () => (await import('../jobs/rebuild.js')).rebuild);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'rows', cell: (summary) => summary.rows, isKept: true, isSum: true },
        { title: 'rewritten', cell: (summary) => summary.rewritten, isKept: true, isSum: true },
        { title: 'complete', cell: (summary) => summary.complete, isKept: true, isSum: true },
        { title: 'incomplete', cell: (summary) => summary.incomplete, isSum: true },
      ],
      severity: ({ rewritten }) => rewritten,
      goal: view.flags.isSet('--dry-run')
        ? { word: 'up to date', isReached: ({ rewritten }) => rewritten === 0 }
        : { word: 'rebuilt', isReached: () => true },
    }),
  document: async () => (await import('./documents/rebuild.js')).rebuildDocument,
  exitCode: (result) => dueIfAny(result, ({ rewritten }) => rewritten > 0),
};

function readTimestamps(flags: Flags): Minute[] | undefined {
  const minutes = flags.parse('--timestamps', (path) => readListFile(path, flags.cwd).map(parseMinute));
  return minutes && [...new Set(minutes)].sort((a, b) => a - b);
}
