import { resolve } from 'node:path';
import { DEFAULTS, LIMITS } from '../core/limits.js';
import { formatRange } from '../core/range.js';
import type { ReportResult } from '../jobs/report/report.js';
import { toOutputStream } from '../terminal/output.js';
import type { Command } from './framework/command.js';
import { formatJobText, formatSources, READY_COLUMN, READY_GOAL } from './framework/job-result.js';
import { AS_OF_OPTION, parseAsOf } from './framework/options/as-of.js';
import {
  RANGE_OPTIONS,
  READ_ONLY_OPTIONS,
  readPastMinutes,
  readRange,
  STORED_SYMBOLS,
} from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const reportCommand: Command<ReportResult> = {
  name: 'report',
  otherNames: ['html', 'chart', 'plot'],
  description: 'write a range to one HTML page that needs no network: chart, gaps, flags, coverage, jobs',
  readOnly: true,
  arguments: [STORED_SYMBOLS],
  options: [
    ['--out <file>', 'the page to write, or - for standard output (the table then goes to stderr)'],
    ['--hours <n>', 'the past hours (default: 24)'],
    ['--days <n>', 'the past days'],
    ...RANGE_OPTIONS,
    [
      '--sigma <number>',
      `the line in the volume lies this many standard deviations above the mean (default: ${DEFAULTS.sigma})`,
    ],
    AS_OF_OPTION,
    ...READ_ONLY_OPTIONS,
  ],
  examples: [
    ['chartctl report BTCUSDT --out report.html', 'the past day'],
    ['chartctl report --all --days 30 --out month.html', 'every symbol, a month'],
    ['chartctl report BTCUSDT --from 2023-03-24 --to 2023-03-25 --out outage.html', 'one day of the past'],
    ['chartctl report BTCUSDT --as-of 17 --out then.html', 'the past day as the table stood at the end of job 17'],
  ],
  run: (call) => {
    const { flags } = call;
    const out = flags.text('--out');
    if (!flags.isSet('--out')) flags.problems.add('--out was not given', 'name a file, or - for standard output');
    if (out === '-' && flags.isSet('--json')) {
      flags.problems.add('--json and --out - both need standard output', 'give --out a file');
    }
    const options = {
      out: out === '-' ? toOutputStream(call.io.stdout) : resolve(flags.cwd, out ?? ''),
      range: readRange(flags, '--hours', '--days'),
      minutes: readPastMinutes(flags),
      sigma: flags.number('--sigma', LIMITS.sigma),
      asOf: flags.parse('--as-of', parseAsOf),
    };
    return runJob(call, options, async () => (await import('../jobs/report/report.js')).report);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'range', cell: (summary) => formatRange(summary.range), isShared: true },
        { title: 'rows', cell: (summary) => summary.rows, isKept: true, isSum: true },
        { title: 'valid', cell: (summary) => summary.valid, isKept: true, isSum: true },
        { title: 'gaps', cell: (summary) => summary.gaps, isSum: true },
        { title: 'flagged', cell: (summary) => summary.flagged, isSum: true },
        READY_COLUMN,
        { title: 'sources', cell: (summary) => formatSources(summary.bySource), importance: 1 },
      ],
      severity: ({ isReady, valid }) => (isReady ? -Infinity : -valid),
      goal: READY_GOAL,
      conclusion: ({ file }) => (file ? [`${file.path}: ${file.bytes} bytes, sha256 ${file.sha256}`] : []),
    }),
  document: async () => (await import('./documents/report.js')).reportDocument,
  writesDataToStdout: ({ flags }) => flags.text('--out') === '-',
};
