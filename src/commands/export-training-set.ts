import { readExportTarget } from '../cli/export-target-flags.js';
import { readRange } from '../cli/range-flags.js';
import { formatRange } from '../core/range.js';
import type { ExportOptions, ExportResult, ExportSummary } from '../jobs/export-training-set.js';
import type { JobOptions } from '../jobs/result.js';
import { formatSources } from './format-sources.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<ExportOptions, keyof JobOptions>;

export const exportTrainingSetCommand: JobCommand<Own, ExportSummary, ExportResult> = {
  name: 'export-training-set',
  description: 'write the valid rows of a window or range to a file, with a manifest beside it',
  options: [
    ['--out <file>', 'the file to write, or - for standard output (the report then goes to stderr)'],
    ['--format <csv|jsonl|parquet>', "the file's format (default: by its ending, else csv)"],
    ['--window <minutes>', 'the last closed minutes (default: 600)'],
    ['--from <time>', 'first minute of the range'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--require-ready', 'write nothing and exit 3 when a symbol is not ready'],
  ],
  examples: [
    ['chartctl export-training-set BTCUSDT --out train.csv', 'the last 600 minutes'],
    ['chartctl export-training-set --all --out week.parquet --from 2025-06-01 --to 2025-06-08', 'a week, every symbol'],
    ['chartctl export-training-set BTCUSDT --out - --format jsonl | head', 'into a pipe'],
  ],
  parse: (flags, stdout) => {
    return {
      ...readExportTarget(flags, stdout),
      window: flags.count('--window', { min: 1, max: 5_256_000 }),
      range: readRange(flags, '--window'),
      requireReady: flags.isSet('--require-ready'),
    };
  },
  load: async () => (await import('../jobs/export-training-set.js')).exportTrainingSet,
  columns: [
    { title: 'range', cell: (summary) => formatRange(summary.range) },
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'sources', cell: (summary) => formatSources(summary.bySource) },
    { title: 'ready', cell: (summary) => summary.isReady },
  ],
  details: ({ excluded }) => excluded.map((part) => `left out: ${formatRange(part)}, ${part.reason}`),
  conclusion: ({ file }) =>
    file
      ? [`${file.path}: ${file.rows} rows, ${file.bytes} bytes, sha256 ${file.sha256}`, `manifest: ${file.manifest}`]
      : [],
  extra: ({ file }) => ({ file }),
  takesStdout: ({ out }) => typeof out !== 'string',
};
