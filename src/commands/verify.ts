import { formatRange } from '../core/range.js';
import type { JobResult } from '../jobs/job.js';
import type { VerifySummary } from '../jobs/verify/verify.js';
import type { ComparedStretch } from '../quality/compare-with-exchange.js';
import { ROW_CLASS_NAMES, ROW_CLASSES } from '../quality/row-classes.js';
import { groupByText, listNames } from '../terminal/names.js';
import type { Column } from '../terminal/table.js';
import type { Command } from './framework/command.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import {
  CONFIGURED_SYMBOLS,
  JOB_OPTIONS,
  RANGE_OPTIONS,
  readPastMinutes,
  readRange,
} from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const verifyCommand: Command<JobResult<VerifySummary>> = {
  name: 'verify',
  otherNames: ['compare', 'validate', 'audit'],
  description: 'compare a stored range with Binance and list every row that differs; changes nothing by default',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    ['--minutes <n>', 'the past minutes (default: the past 24 hours)'],
    ['--hours <n>', 'the past hours'],
    ['--days <n>', 'the past days'],
    ...RANGE_OPTIONS,
    [
      '--via <api|archive>',
      "compare with Binance's API (default) or its public archive, which has days up to two days ago",
    ],
    ['--flag', 'flag the rows that differ; backfill and clean --repair then request them again'],
    ['--repair', "replace rows that are not valid by Binance's, and insert missing minutes"],
    ['--revised', 'with --repair: also replace valid rows of Binance; undo restores the old ones'],
    ['--replace-fallback', 'with --repair: also replace valid rows of the fallback exchanges'],
    ['--exit-code', 'exit 10 when rows differ (with --repair: when some still do)'],
    ...JOB_OPTIONS,
  ],
  notes: [
    '',
    'Classes of rows:',
    ...ROW_CLASS_NAMES.map((name) => `  ${name.padEnd(14)}${ROW_CLASSES[name]}`),
    '',
    'A row that is complete and not flagged is valid, and --repair does not change it, whatever its class: that needs',
    '--revised, or --flag first, because a flagged row is not valid. This includes partial rows. Rows that Binance does',
    'not have stay flagged until clean --accept.',
  ],
  examples: [
    ['chartctl verify BTCUSDT', 'compare the past 24 hours, change nothing'],
    ['chartctl verify BTCUSDT --days 365 --via archive', 'compare a year with what Binance publishes now'],
    ['chartctl verify --all --days 7 --flag', 'exclude differing rows from training until they are repaired'],
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
      via: flags.choice('--via', ['api', 'archive']),
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
        { title: 'range', cell: (summary) => formatRange(summary.range), isShared: true, importance: 2 },
        { title: 'compared', cell: (summary) => summary.compared, isKept: true, isSum: true },
        ...ROW_CLASS_NAMES.map((name): Column<VerifySummary> => ({
          title: name,
          cell: (summary) => summary.counts[name],
          isSum: true,
          tone: ({ counts }) => (name === 'same' || counts[name] === 0 ? undefined : 'bad'),
        })),
        { title: 'requests', cell: (summary) => summary.requests, importance: 1 },
      ],
      severity: ({ remaining, compared, counts }) => Math.max(remaining, compared - counts.same),
      details: ({ archive }) => (archive ? [describeArchive(archive)] : []),
      findings: {
        title: 'differences',
        of: ({ stretches }) =>
          stretches.map((stretch) => ({
            from: stretch.from,
            to: stretch.to,
            kind: stretch.class,
            text: formatStretch(stretch),
          })),
      },
      goal: { word: 'as at Binance', isReached: ({ remaining }) => remaining === 0 },
      conclusion: adviseOnDifferences,
    }),
  document: async () => (await import('./documents/verify.js')).verifyDocument,
  exitCode: (result) => dueIfAny(result, ({ remaining }) => remaining > 0),
};

/** As in `compared with 30 days of the archive; 5 days left out: ...`. */
function describeArchive({ days, unchanged }: NonNullable<VerifySummary['archive']>): string {
  const rest = unchanged > 0 ? `; ${unchanged} days left out: their files are those that their rows came from` : '';
  return `compared with ${days} days of the archive${rest}`;
}

/**
 * A run of differing minutes on one line.
 *
 * @example 'revised 2021-04-22T02:09Z..2021-04-22T02:25Z (16 min): close up to +0.13 % off, volume 0.88 of the exchange's'
 */
function formatStretch({ class: name, closeDifferencePercent, ...stretch }: ComparedStretch): string {
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
  const rounded = Number(ratio.toPrecision(3));
  if (rounded === 1) return 'same volume';
  const share = ratio > 0 && ratio < 0.1 ? `1/${Math.round(1 / ratio)}` : String(rounded);
  return `volume ${share} of the exchange's`;
}

function withSign(value: number): string {
  return `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;
}

/** The changes that were made, the meaning of the classes that occur, and the next steps. */
function adviseOnDifferences({ jobId, outcomes }: JobResult<VerifySummary>): string[] {
  const found = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, ...summary }] : []));
  const used = ROW_CLASS_NAMES.filter((name) => name !== 'same' && found.some(({ counts }) => counts[name] > 0));
  const done = groupByText(
    jobId === null ? [] : found,
    ({ symbol }) => symbol,
    (summary) => [describeChanges(summary)],
  ).map(({ text, names }) => `${listNames(names)}: ${text}`);
  return [...done, ...used.map((name) => `${name}: ${ROW_CLASSES[name]}`), ...describeNextSteps(jobId, found)];
}

function describeChanges({ flagged, replaced, inserted, confirmed, rebuilt, remaining }: VerifySummary): string {
  const counts = { flagged, replaced, inserted, confirmed, rebuilt };
  const done = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : []));
  const work = done.length > 0 ? done.join(', ') : 'nothing was changed';
  return remaining > 0 ? `${work}; ${remaining} still differ` : work;
}

function describeNextSteps(jobId: number | null, found: readonly VerifySummary[]): string[] {
  if (found.every(({ remaining }) => remaining === 0)) return [];
  if (jobId === null) {
    return [
      'nothing was changed: --flag excludes these rows from training; --repair replaces rows that are not valid, with --revised also valid ones',
    ];
  }
  if (found.some(({ flagged }) => flagged > 0)) return ['next: verify --repair, or clean --repair'];
  return ["valid rows were not changed: --revised replaces Binance's, --replace-fallback those of fallback exchanges"];
}
