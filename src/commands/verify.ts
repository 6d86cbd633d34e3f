import { readPastMinutes, readRange } from '../cli/range-flags.js';
import { EXIT_CODES } from '../core/failure.js';
import { formatRange } from '../core/range.js';
import type { JobOptions } from '../jobs/result.js';
import type { VerifyOptions, VerifySummary } from '../jobs/verify/verify.js';
import { ROW_CLASS_NAMES, ROW_CLASSES } from '../core/row-class.js';
import { adviseOnDifferences } from './advise-on-differences.js';
import { formatStretch } from './format-stretch.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<VerifyOptions, keyof JobOptions>;

export const verifyCommand: JobCommand<Own, VerifySummary> = {
  name: 'verify',
  description: 'ask Binance again for a stored range and name every row that differs; changes nothing by itself',
  options: [
    ['--minutes <n>', 'the past minutes (default: the past 24 hours)'],
    ['--hours <n>', 'the past hours'],
    ['--days <n>', 'the past days'],
    ['--from <time>', 'first minute of the range'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--flag', 'flag the rows that differ; backfill and clean --repair then ask Binance about them'],
    ['--repair', "write Binance's answer over rows that are not valid, and where a minute is missing"],
    ['--revised', 'with --repair: also over valid rows of Binance; the old rows are kept, undo brings them back'],
    ['--replace-fallback', "with --repair: also over the fallback exchanges' valid rows"],
    ['--exit-code', 'exit 10 when rows differ (with --repair: when some still do)'],
  ],
  notes: [
    '',
    'Words:',
    ...ROW_CLASS_NAMES.map((name) => `  ${name.padEnd(14)}${ROW_CLASSES[name]}`),
    '',
    'A row that is complete and not flagged is valid, and --repair leaves it alone whatever it is called above:',
    'it takes --revised, or first --flag, for a flagged row is not valid. A partial row is no exception. Rows that',
    'Binance does not have stay flagged until clean --accept.',
  ],
  examples: [
    ['chartctl verify BTCUSDT', 'compare the past 24 hours, change nothing'],
    ['chartctl verify --all --days 7 --flag', 'keep differing rows out of training until they are settled'],
    ['chartctl verify BTCUSDT --from 2021-04-22 --to 2021-04-24 --repair --revised', 'take what Binance revised'],
  ],
  parse: (flags) => {
    flags.atMostOne('--flag', '--repair');
    flags.needs('--revised', '--repair');
    flags.needs('--replace-fallback', '--repair');
    return {
      range: readRange(flags, '--minutes', '--hours', '--days'),
      minutes: readPastMinutes(flags),
      flag: flags.isSet('--flag'),
      repair: flags.isSet('--repair'),
      revised: flags.isSet('--revised'),
      replaceFallback: flags.isSet('--replace-fallback'),
    };
  },
  load: async () => (await import('../jobs/verify/verify.js')).verify,
  columns: [
    { title: 'compared', cell: (summary) => summary.compared },
    ...ROW_CLASS_NAMES.map((name) => ({ title: name, cell: (summary: VerifySummary) => summary.counts[name] })),
    { title: 'requests', cell: (summary) => summary.requests },
  ],
  details: ({ range, stretches }) => [`compared ${formatRange(range)}`, ...stretches.map(formatStretch)],
  conclusion: adviseOnDifferences,
  exitCode: ({ outcomes }) =>
    outcomes.some(({ summary }) => summary && summary.remaining > 0) ? EXIT_CODES.due : EXIT_CODES.done,
};
