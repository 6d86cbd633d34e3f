import { LIMITS } from '../core/limits.js';
import { readExportTarget } from '../cli/export-target-flags.js';
import { readRange } from '../cli/range-flags.js';
import { readSplit } from '../cli/split-flags.js';
import { WINDOW } from '../core/indicator-columns.js';
import { countMinutes, formatRange } from '../core/range.js';
import type { ExportOptions, ExportResult, ExportSummary } from '../jobs/export/export-training-set.js';
import type { JobOptions } from '../jobs/result.js';
import { formatSources } from './format-sources.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<ExportOptions, keyof JobOptions>;

export const exportTrainingSetCommand: JobCommand<Own, ExportSummary, ExportResult> = {
  name: 'export-training-set',
  description: 'write the valid rows of a window or range to a file, with a manifest beside it',
  options: [
    ['--out <file>', 'the file to write, gzipped if it ends in .gz; - is standard output (the report goes to stderr)'],
    ['--format <csv|jsonl|parquet>', "the file's format (default: by its ending; csv without one)"],
    ['--window <minutes>', 'the last closed minutes (default: 600)'],
    ['--from <time>', 'first minute of the range'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--split <parts>', 'a file for each part by time: shares (80/20, 70/15/15), or the times to cut at (TIME[,TIME])'],
    ['--embargo <minutes>', 'with --split: leave out this many minutes before each cut (default: 60)'],
    ['--require-ready', 'write nothing and exit 3 when a symbol is not ready'],
  ],
  examples: [
    ['chartctl export-training-set BTCUSDT --out train.csv', 'the last 600 minutes'],
    ['chartctl export-training-set --all --out week.parquet --from 2025-06-01 --to 2025-06-08', 'a week, every symbol'],
    ['chartctl export-training-set --all --out set.csv.gz --split 80/20', 'set.train.csv.gz and set.test.csv.gz'],
    ['chartctl export-training-set BTCUSDT --out - --format jsonl | head', 'into a pipe'],
  ],
  parse: (flags, stdout) => {
    const window = flags.count('--window', LIMITS.window);
    const range = readRange(flags, '--window');
    return {
      ...readExportTarget(flags, stdout),
      window,
      range,
      split: readSplit(flags, { range, minutes: range ? countMinutes(range) : (window ?? WINDOW) }),
      requireReady: flags.isSet('--require-ready'),
    };
  },
  load: async () => (await import('../jobs/export/export-training-set.js')).exportTrainingSet,
  columns: [
    { title: 'range', cell: (summary) => formatRange(summary.range) },
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'sources', cell: (summary) => formatSources(summary.bySource) },
    { title: 'ready', cell: (summary) => summary.isReady },
  ],
  details: ({ excluded }) => excluded.map((part) => `left out: ${formatRange(part)}, ${part.reason}`),
  conclusion: ({ files }) => [
    ...files.map(({ path, part, range, rows, bytes, sha256 }) => {
      const what = part ? `, ${part} ${formatRange(range)}` : '';
      return `${path}: ${rows} rows${what}, ${bytes} bytes, sha256 ${sha256}`;
    }),
    ...(files[0] ? [`manifest: ${files[0].manifest}`] : []),
  ],
  extra: ({ file, files }) => ({ file, files }),
  takesStdout: ({ out }) => typeof out !== 'string',
};
