import { resolve } from 'node:path';
import { LIMITS } from '../core/limits.js';
import { formatRange } from '../core/range.js';
import type { JobOptions } from '../jobs/job.js';
import type { ReportOptions, ReportResult, ReportSummary } from '../jobs/report.js';
import { toOutputStream } from '../terminal/output.js';
import type { JobCommand } from './framework/command.js';
import { formatSources } from './framework/job-report.js';
import { readPastMinutes, readRange } from './framework/options.js';

type Own = Omit<ReportOptions, keyof JobOptions>;

export const reportCommand: JobCommand<Own, ReportSummary, ReportResult> = {
  name: 'report',
  description: 'show a range on one HTML page that needs no network: chart, gaps, flags, coverage, jobs',
  readOnly: true,
  options: [
    ['--out <file>', 'the page to write, or - for standard output (the report on it then goes to stderr)'],
    ['--hours <n>', 'the past hours (default: 24)'],
    ['--days <n>', 'the past days'],
    ['--from <time>', 'first minute of the range'],
    ['--to <time>', 'end of the range, itself not in it'],
    ['--sigma <number>', 'standard deviations above the mean of the line in the volume (default: 3)'],
  ],
  examples: [
    ['chartctl report BTCUSDT --out report.html', 'the past day'],
    ['chartctl report --all --days 30 --out month.html', 'every symbol, a month'],
    ['chartctl report BTCUSDT --from 2023-03-24 --to 2023-03-25 --out outage.html', 'one day of the past'],
  ],
  parse: (flags, stdout) => {
    const out = flags.text('--out');
    if (!flags.isSet('--out')) flags.problems.add('--out was not given', 'name a file, or - for standard output');
    if (out === '-' && flags.isSet('--json')) {
      flags.problems.add('--json and --out - both want standard output', 'give --out a file');
    }
    return {
      out: out === '-' ? toOutputStream(stdout) : resolve(flags.cwd, out ?? ''),
      range: readRange(flags, '--hours', '--days'),
      minutes: readPastMinutes(flags),
      sigma: flags.number('--sigma', LIMITS.sigma),
    };
  },
  load: async () => (await import('../jobs/report.js')).report,
  columns: [
    { title: 'range', cell: (summary) => formatRange(summary.range) },
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'valid', cell: (summary) => summary.valid },
    { title: 'gaps', cell: (summary) => summary.gaps },
    { title: 'flagged', cell: (summary) => summary.flagged },
    { title: 'sources', cell: (summary) => formatSources(summary.bySource) },
    { title: 'ready', cell: (summary) => summary.isReady },
  ],
  conclusion: ({ file }) => (file ? [`${file.path}: ${file.bytes} bytes, sha256 ${file.sha256}`] : []),
  extra: ({ file }) => ({ file }),
  takesStdout: ({ out }) => typeof out !== 'string',
};
