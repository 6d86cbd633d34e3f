import { formatRange } from '../core/range.js';
import type { JobResult } from '../jobs/job.js';
import type { VerifySummary } from '../jobs/verify/verify.js';
import { type ComparedStretch, ROW_CLASS_NAMES, ROW_CLASSES } from '../quality/compare-with-exchange.js';
import type { Command } from './framework/command.js';
import { dueIfAny, formatJobText, toSymbolMembers } from './framework/job-result.js';
import {
  CONFIGURED_SYMBOLS,
  JOB_OPTIONS,
  RANGE_OPTIONS,
  readPastMinutes,
  readRange,
} from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

/**
 * A stretch of differing minutes on one line.
 *
 * @example 'revised 2021-04-22T02:09Z..2021-04-22T02:25Z (16 min): close up to +0.13 % off, volume 0.88 of the exchange's'
 */
export function formatStretch({ class: name, closeDifferencePercent, ...stretch }: ComparedStretch): string {
  const range = `${name} ${formatRange(stretch)}`;
  if (closeDifferencePercent === null) return range;
  const difference =
    closeDifferencePercent === 0 ? 'close equal' : `close up to ${withSign(closeDifferencePercent)} % off`;
  const figures = [difference];
  if (name === 'wrong_market') figures.push(`${withSign(stretch.closeOffsetBp ?? 0)} bp in the middle`);
  if (stretch.volumeRatio !== null) figures.push(formatVolumeRatio(stretch.volumeRatio));
  return `${range}: ${figures.join(', ')}`;
}

function formatVolumeRatio(ratio: number): string {
  const share = ratio > 0 && ratio < 0.1 ? `1/${Math.round(1 / ratio)}` : String(Number(ratio.toPrecision(3)));
  return `volume ${share} of the exchange's`;
}

function withSign(value: number): string {
  return `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;
}

/** What was done about the rows that differ, what the words mean that were used, and what can be done next. */
export function adviseOnDifferences({ jobId, outcomes }: JobResult<VerifySummary>): string[] {
  const found = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, ...summary }] : []));
  const used = ROW_CLASS_NAMES.filter((name) => name !== 'same' && found.some(({ counts }) => counts[name] > 0));
  const done = jobId === null ? [] : found.map(({ symbol, ...summary }) => `${symbol}: ${describeChanges(summary)}`);
  return [...done, ...used.map((name) => `${name}: ${ROW_CLASSES[name]}`), ...describeNextSteps(jobId, found)];
}

function describeChanges({ flagged, replaced, inserted, confirmed, rebuilt, remaining }: VerifySummary): string {
  const counts = { flagged, replaced, inserted, confirmed, rebuilt };
  const done = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : []));
  const work = done.length > 0 ? done.join(', ') : 'nothing was changed';
  return remaining > 0 ? `${work}; ${remaining} differ still` : work;
}

function describeNextSteps(jobId: number | null, found: readonly VerifySummary[]): string[] {
  if (found.every(({ remaining }) => remaining === 0)) return [];
  if (jobId === null) {
    return [
      'nothing was changed: --flag keeps these rows out of training; --repair replaces rows that are not valid, with --revised also valid ones',
    ];
  }
  if (found.some(({ flagged }) => flagged > 0)) return ['--repair, or clean --repair, settles them'];
  return ["valid rows stay: --revised replaces Binance's, --replace-fallback those of fallback exchanges"];
}

export const verifyCommand: Command<JobResult<VerifySummary>> = {
  name: 'verify',
  description: 'ask Binance again for a stored range and name every row that differs; changes nothing by itself',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    ['--minutes <n>', 'the past minutes (default: the past 24 hours)'],
    ['--hours <n>', 'the past hours'],
    ['--days <n>', 'the past days'],
    ...RANGE_OPTIONS,
    ['--flag', 'flag the rows that differ; backfill and clean --repair then ask Binance about them'],
    ['--repair', "write Binance's answer over rows that are not valid, and where a minute is missing"],
    ['--revised', 'with --repair: also over valid rows of Binance; the old rows are kept, undo brings them back'],
    ['--replace-fallback', "with --repair: also over the fallback exchanges' valid rows"],
    ['--exit-code', 'exit 10 when rows differ (with --repair: when some still do)'],
    ...JOB_OPTIONS,
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
  run: (call) => {
    const { flags } = call;
    flags.atMostOne('--flag', '--repair');
    flags.needs('--revised', '--repair');
    flags.needs('--replace-fallback', '--repair');
    const options = {
      range: readRange(flags, '--minutes', '--hours', '--days'),
      minutes: readPastMinutes(flags),
      flag: flags.isSet('--flag'),
      repair: flags.isSet('--repair'),
      revised: flags.isSet('--revised'),
      replaceFallback: flags.isSet('--replace-fallback'),
    };
    return runJob(call, options, async () => (await import('../jobs/verify/verify.js')).verify);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'compared', cell: (summary) => summary.compared },
        ...ROW_CLASS_NAMES.map((name) => ({ title: name, cell: (summary: VerifySummary) => summary.counts[name] })),
        { title: 'requests', cell: (summary) => summary.requests },
      ],
      details: ({ range, stretches }) => [`compared ${formatRange(range)}`, ...stretches.map(formatStretch)],
      conclusion: adviseOnDifferences,
    }),
  json: toSymbolMembers,
  exitCode: (result) => dueIfAny(result, ({ remaining }) => remaining > 0),
};
