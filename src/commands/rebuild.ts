import { readListFile } from '../config/text-file.js';
import { EXIT_CODES } from '../core/failure.js';
import type { Minute } from '../core/minute.js';
import { parseMinute } from '../core/parse-time.js';
import type { JobOptions } from '../jobs/job.js';
import type { RebuildOptions, RebuildSummary } from '../jobs/rebuild.js';
import type { JobCommand } from './framework/command.js';
import type { Flags } from './framework/flags.js';
import { readRange } from './framework/options.js';

type Own = Omit<RebuildOptions, keyof JobOptions>;

export const rebuildCommand: JobCommand<Own, RebuildSummary> = {
  name: 'rebuild',
  description: 'recompute indicators from the stored candles; write what differs',
  options: [
    ['--from <time>', 'first minute of the range (default: all rows)'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--timestamps <file>', 'only these minutes: one time a line, # begins a comment'],
    ['--dry-run', 'count what would be rewritten'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
  ],
  examples: [
    ['chartctl rebuild --all', 'every row of every symbol'],
    ['chartctl rebuild BTCUSDT --from 2025-06-01 --to 2025-06-02', 'one day'],
  ],
  parse: (flags) => {
    flags.needs('--exit-code', '--dry-run');
    return {
      range: readRange(flags, '--timestamps'),
      minutes: readTimestamps(flags),
      dryRun: flags.isSet('--dry-run'),
    };
  },
  load: async () => (await import('../jobs/rebuild.js')).rebuild,
  columns: [
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'rewritten', cell: (summary) => summary.rewritten },
    { title: 'complete', cell: (summary) => summary.complete },
    { title: 'incomplete', cell: (summary) => summary.incomplete },
  ],
  exitCode: ({ outcomes }) =>
    outcomes.some(({ summary }) => summary && summary.rewritten > 0) ? EXIT_CODES.due : EXIT_CODES.done,
};

function readTimestamps(flags: Flags): Minute[] | undefined {
  const minutes = flags.parse('--timestamps', (path) => readListFile(path, flags.cwd).map(parseMinute));
  return minutes && [...new Set(minutes)].sort((a, b) => a - b);
}
