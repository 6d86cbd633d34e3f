import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';
import { DEFAULTS, LIMITS } from '../core/limits.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { parseMinute } from '../core/parse-time.js';
import { countMinutes, formatRange, type MinuteRange } from '../core/range.js';
import { areValidShares, type Cuts, splitRangeByTime, type TimeSplit } from '../core/time-split.js';
import { DEFAULT_FORMAT, findEnding, findFormat, FORMAT_NAMES, type FormatName } from '../files/formats/formats.js';
import type { ExportResult, ExportSummary } from '../jobs/export/export-training-set.js';
import { WINDOW_MINUTES } from '../quality/window.js';
import { toOutputStream } from '../terminal/output.js';
import type { Command } from './framework/command.js';
import { formatJobText, formatSources, READY_COLUMN, READY_GOAL } from './framework/job-result.js';
import { printNotice } from './framework/notices.js';
import type { Flags } from './framework/options/flags.js';
import { AS_OF_OPTION, KNOWN_WITHIN_OPTION, parseAsOf } from './framework/options/as-of.js';
import { readDuration } from './framework/options/durations.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS, RANGE_OPTIONS, readRange } from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const exportTrainingSetCommand: Command<ExportResult> = {
  name: 'export-training-set',
  otherNames: ['export', 'dataset', 'training-set', 'dump'],
  description: 'write the valid rows of a window or range to a file, with a manifest beside it',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    [
      '--out <file>',
      'the file to write, gzipped if it ends in .gz; - is standard output (the table then goes to stderr)',
    ],
    [
      `--format <${FORMAT_NAMES.join('|')}>`,
      `the file's format (default: by its ending; ${DEFAULT_FORMAT} without one)`,
    ],
    ['--window <minutes>', `the last closed minutes (default: ${WINDOW_MINUTES})`],
    ...RANGE_OPTIONS,
    AS_OF_OPTION,
    KNOWN_WITHIN_OPTION,
    [
      '--split <parts>',
      'a file for each part by time: shares (80/20, 70/15/15), or the times of the cuts (TIME[,TIME])',
    ],
    [
      '--embargo <minutes>',
      `with --split: leave out this many minutes before each cut (default: ${DEFAULTS.embargoMinutes})`,
    ],
    ['--require-ready', 'write nothing and exit 3 when a symbol is not ready'],
    ...JOB_OPTIONS,
  ],
  examples: [
    ['chartctl export-training-set BTCUSDT --out train.csv', 'the last 600 minutes'],
    ['chartctl export-training-set --all --out week.parquet --from 2025-06-01 --to 2025-06-08', 'a week, every symbol'],
    ['chartctl export-training-set --all --out set.csv.gz --split 80/20', 'set.train.csv.gz and set.test.csv.gz'],
    ['chartctl export-training-set BTCUSDT --out was.csv --as-of 2025-06-01T12:00Z', 'the window as it stood then'],
    ['chartctl export-training-set BTCUSDT --out seen.csv --known-within 2m', 'as a live program saw each minute'],
    ['chartctl export-training-set BTCUSDT --out - --format jsonl | head', 'into a pipe'],
  ],
  run: async (call) => {
    const { flags } = call;
    const window = flags.count('--window', LIMITS.window);
    const range = readRange(flags, '--window');
    const minutes = range ? countMinutes(range) : (window ?? WINDOW_MINUTES);
    const options = {
      ...readExportTarget(flags, call.io.stdout),
      window,
      range,
      split: readSplit(flags, { range, minutes }),
      requireReady: flags.isSet('--require-ready'),
      asOf: flags.parse('--as-of', parseAsOf),
      knownWithinMs: readDuration(flags, '--known-within', LIMITS.knownWithinMs),
    };
    const mismatch = describeMismatch(flags, options.format);
    if (mismatch !== undefined) await printNotice(call, mismatch);
    return runJob(call, options, async () => (await import('../jobs/export/export-training-set.js')).exportTrainingSet);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'range', cell: (summary) => formatRange(summary.range), isShared: true },
        { title: 'rows', cell: (summary) => summary.rows, isKept: true, isSum: true },
        READY_COLUMN,
        { title: 'sources', cell: (summary) => formatSources(summary.bySource), importance: 1 },
      ],
      severity: ({ isReady, rows }) => (isReady ? -Infinity : -rows),
      findings: {
        title: 'left out',
        of: ({ excluded }) =>
          excluded.map(({ from, to, reason }) => ({
            from,
            to,
            kind: reason,
            text: `left out: ${formatRange({ from, to })}, ${reason}`,
          })),
      },
      details: ({ known }) => (known ? [describeKnown(known)] : []),
      goal: READY_GOAL,
      conclusion: describeFiles,
    }),
  document: async () => (await import('./documents/export-training-set.js')).exportTrainingSetDocument,
  writesDataToStdout: ({ flags }) => flags.text('--out') === '-',
};

/** The destination of a training set and its format. */
interface ExportTarget {
  /** An absolute path, or the stream itself. */
  out: string | Writable;
  format: FormatName;
  /** Whether the file is compressed as a whole: its name ends in `.gz`. */
  isGzipped: boolean;
}

/** The values of `--out` (`-` is standard output) and `--format` (default: by the ending of the file). */
export function readExportTarget(flags: Flags, stdout: NodeJS.WritableStream): ExportTarget {
  const asked = flags.choice('--format', FORMAT_NAMES);
  const out = flags.text('--out');
  if (!flags.isSet('--out')) flags.problems.add('--out was not given', 'name a file, or - for standard output');
  if (out === '-') {
    if (flags.isSet('--json')) addProblem(flags, '--json and --out - both need standard output');
    if (flags.isSet('--split')) addProblem(flags, '--split writes several files, and --out - is not a file');
    return { out: toOutputStream(stdout), format: asked ?? DEFAULT_FORMAT, isGzipped: false };
  }
  const target = flags.problems.attempt(() => findFormat(out ?? '', asked)) ?? {
    format: DEFAULT_FORMAT,
    isGzipped: false,
  };
  return { out: resolve(flags.cwd, out ?? ''), ...target };
}

/** A format that is not the one of the file's ending. */
function describeMismatch(flags: Flags, format: FormatName): string | undefined {
  const out = flags.text('--out') ?? '';
  const ending = findEnding(out);
  if (ending === undefined || ending === format) return undefined;
  return `--out "${out}" ends in .${ending}, and --format ${format} writes ${format} into it`;
}

function addProblem(flags: Flags, message: string): void {
  flags.problems.add(message, 'give --out a file');
}

const MAX_EMBARGO = 525_600;

/** The range that is split, if the call names it. */
interface SplitRange {
  range: MinuteRange | undefined;
  /** The length of the range. */
  minutes: number;
}

/**
 * The parts of `--split` and `--embargo`; undefined without a split.
 *
 * Checks everything that does not need the clock: the cuts of a range that the call names, and the lengths of parts by
 * shares.
 */
export function readSplit(flags: Flags, { range, minutes }: SplitRange): TimeSplit | undefined {
  flags.needs('--embargo', '--split');
  const cuts = flags.parse('--split', parseCuts);
  const embargoMinutes = flags.count('--embargo', { min: 0, max: MAX_EMBARGO }) ?? DEFAULTS.embargoMinutes;
  if (!cuts) return undefined;
  const split = { cuts, embargoMinutes };
  const known = range ?? ('shares' in cuts ? { from: 0, to: minutes * MINUTE_MS } : undefined);
  if (known) flags.problems.attempt(() => splitRangeByTime(known, split));
  return split;
}

/**
 * Two or three shares in percent, or one or two times.
 *
 * @throws Failure (usage) for anything else
 * @example parseCuts('70/15/15') // { shares: [70, 15, 15] }
 */
function parseCuts(text: string): Cuts {
  return text.includes('/') ? { shares: parseShares(text) } : { times: parseTimes(text) };
}

function parseShares(text: string): number[] {
  const shares = text.split('/').map((share) => (/^\d+(\.\d+)?$/.test(share.trim()) ? Number(share) : NaN));
  if (areValidShares(shares)) return shares;
  throw new Failure('usage', `--split was "${text}"`, {
    hint: 'expected two or three shares with the sum 100, such as 80/20 or 70/15/15',
  });
}

function parseTimes(text: string): Minute[] {
  const times = text.split(',').map((time) => parseMinute(time.trim()));
  if (times.length <= 2 && times.every((time, i) => i === 0 || time > times[i - 1]!)) return times;
  throw new Failure('usage', `--split was "${text}"`, {
    hint: 'expected one time, or two in order: the first minute of the test, or of the validation and of the test',
  });
}

/** Which rows of the set are not those that are stored now. */
function describeKnown({ replaced, removed, late, unknown }: NonNullable<ExportSummary['known']>): string {
  const parts = [
    `${replaced} were replaced since`,
    `${late} came later and are left out`,
    ...(removed > 0 ? [`${removed} are stored no more`] : []),
    ...(unknown > 0 ? [`of ${unknown} it is not known`] : []),
  ];
  return `first versions: ${parts.join(', ')}`;
}

function describeFiles({ files }: ExportResult): string[] {
  return [
    ...files.map(({ path, part, range, rows, bytes, sha256 }) => {
      const what = part ? `, ${part} ${formatRange(range)}` : '';
      return `${path}: ${rows} rows${what}, ${bytes} bytes, sha256 ${sha256}`;
    }),
    ...(files[0] ? [`manifest: ${files[0].manifest}`] : []),
  ];
}
