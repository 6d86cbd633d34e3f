import { chooseDrawing, type Drawing } from '../cli/drawing.js';
import { readPastMinutes, readRange } from '../cli/range-flags.js';
import { formatRange } from '../core/range.js';
import { EXIT_CODES } from '../core/failure.js';
import { formatReason } from '../core/known-gap.js';
import type { BackfillOptions, BackfillSummary } from '../jobs/backfill.js';
import type { JobOptions, JobResult } from '../jobs/result.js';
import { countParts, describeChange } from './describe-change.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<BackfillOptions, keyof JobOptions | 'coverageParts'> & { drawing: Drawing };
type Result = JobResult<BackfillSummary> & { drawing: Drawing };

export const backfillCommand: JobCommand<Own, BackfillSummary, Result> = {
  name: 'backfill',
  description: 'ask Binance for missing and suspect minutes of a range; rebuild what follows',
  options: [
    ['--minutes <n>', 'the past minutes (default: the past 2 hours)'],
    ['--hours <n>', 'the past hours'],
    ['--days <n>', 'the past days'],
    ['--from <time>', 'first minute of the range'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--fill-gaps', 'take minutes that Binance says it does not have from the fallback exchanges'],
    ['--replace-fallback', "replace the fallback exchanges' rows by Binance's"],
    ['--keep-flagged', 'leave rows flagged although the exchange confirms them'],
    ['--ascii', 'draw with plain characters (so do terminals without UTF-8)'],
    ['--dry-run', 'print the plan: stretches, requests, weight'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
  ],
  examples: [
    ['chartctl backfill BTCUSDT --hours 12', 'the past 12 hours'],
    ['chartctl backfill --all --from 2025-06-01 --to 2025-06-02', 'one day, every symbol in the database'],
    ['chartctl backfill BTCUSDT --days 7 --dry-run --json', 'what a week would ask for'],
  ],
  parse: (flags, _stdout, _environment, screen) => {
    flags.needs('--exit-code', '--dry-run');
    return {
      range: readRange(flags, '--minutes', '--hours', '--days'),
      minutes: readPastMinutes(flags),
      fillGaps: flags.isSet('--fill-gaps'),
      replaceFallback: flags.isSet('--replace-fallback'),
      keepFlagged: flags.isSet('--keep-flagged'),
      dryRun: flags.isSet('--dry-run'),
      drawing: chooseDrawing(screen, flags.isSet('--ascii')),
    };
  },
  load: async () => {
    const { backfill } = await import('../jobs/backfill.js');
    return async (context, { drawing, ...options }) => {
      const coverageParts = countParts(drawing, options.symbols);
      return { ...(await backfill(context, { ...options, coverageParts })), drawing };
    };
  },
  columns: [
    { title: 'range', cell: (summary) => formatRange(summary.range) },
    { title: 'asked', cell: (summary) => summary.plannedMinutes },
    { title: 'inserted', cell: (summary) => summary.inserted },
    { title: 'replaced', cell: (summary) => summary.replaced },
    { title: 'confirmed', cell: (summary) => summary.confirmed },
    { title: 'rebuilt', cell: (summary) => summary.rebuilt },
    { title: 'missing', cell: (summary) => summary.stillMissing + summary.late },
    { title: 'valid', cell: (summary) => summary.valid },
    { title: 'requests', cell: (summary) => summary.requests },
    { title: 'weight', cell: (summary) => summary.weight },
  ],
  details: ({ absent }) => absent.map((gap) => `not at the exchange: ${formatRange(gap)}: ${formatReason(gap)}`),
  conclusion: ({ outcomes, drawing }) => describeChange(outcomes, drawing),
  exitCode: ({ outcomes }) =>
    outcomes.some(({ summary }) => summary && summary.plannedMinutes > 0) ? EXIT_CODES.due : EXIT_CODES.done,
};
