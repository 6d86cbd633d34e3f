import { formatGapReason } from '../core/known-gap.js';
import { DAY_MS, HOUR_MS, MAX_DATE_MS, MINUTE_MS } from '../core/minute.js';
import { formatRange } from '../core/range.js';
import { MAX_SYMBOL_WIDTH } from '../core/symbol.js';
import { VIAS } from '../exchange/archive/archive-config.js';
import type { BackfillOptions, BackfillSummary, BeforeAndAfter } from '../jobs/backfill/backfill.js';
import type { JobContext, JobOptions, JobResult, SymbolOutcome } from '../jobs/job.js';
import { chooseDrawing, describeStrip, drawAxis, type Drawing, drawStrip, formatLegend } from '../terminal/drawing.js';
import { abbreviate, groupByText, MAX_COUNT_WIDTH } from '../terminal/names.js';
import type { Screen } from '../terminal/screen.js';
import type { Column } from '../terminal/table.js';
import { displayWidth, formatCount, padToWidth } from '../terminal/text.js';
import type { Command, View } from './framework/command.js';
import type { Finding } from './framework/findings.js';
import { MIN_FLEET } from './framework/fleet.js';
import type { Flags } from './framework/options/flags.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS, readPastMinutes, readRange } from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const backfillCommand: Command<JobResult<BackfillSummary>> = {
  name: 'backfill',
  otherNames: ['fill', 'download', 'repair-gaps'],
  description: 'request the missing and suspect minutes of a range from Binance; rebuild the rows after them',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    ['--minutes <n>', 'the past minutes (default: the past 2 hours)'],
    ['--hours <n>', 'the past hours'],
    ['--days <n>', 'the past days'],
    ['--from <time>', 'first minute of the range; listing: the first candle that Binance has'],
    ['--to <time>', 'end of the range, itself not in it (default: now)'],
    ['--via <auto|api|archive>', 'where candles come from; auto (default): whole old days from the public archive'],
    ['--fill-gaps', 'take minutes that Binance does not have from the fallback exchanges'],
    ['--replace-fallback', "replace the fallback exchanges' rows by Binance's"],
    ['--keep-flagged', 'keep the flags of rows that the exchange confirms'],
    ['--ascii', 'draw with plain characters (so do terminals without UTF-8)'],
    ['--dry-run', 'print the plan: ranges, requests, weight'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
    ...JOB_OPTIONS,
  ],
  examples: [
    ['chartctl backfill BTCUSDT --hours 12', 'the past 12 hours'],
    ['chartctl backfill --all --from 2025-06-01 --to 2025-06-02', 'one day, every symbol in the database'],
    ['chartctl backfill BTCUSDT --days 7 --dry-run --json', 'the requests that a week needs'],
    ['chartctl backfill BTCUSDT --from listing', 'all history'],
  ],
  run: (call) => {
    const { flags } = call;
    flags.needs('--exit-code', '--dry-run');
    const options = {
      ...readBackfillRange(flags),
      via: flags.choice('--via', VIAS),
      minutes: readPastMinutes(flags),
      fillGaps: flags.isSet('--fill-gaps'),
      replaceFallback: flags.isSet('--replace-fallback'),
      keepFlagged: flags.isSet('--keep-flagged'),
      dryRun: flags.isSet('--dry-run'),
    };
    return runJob(call, options, () => loadBackfill(call.screen));
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: BACKFILL_COLUMNS,
      severity: countMissing,
      details: describeArchive,
      findings: { title: ABSENT, of: findAbsent },
      conclusion: ({ outcomes }) => drawCoverageChange(outcomes, view),
      goal: view.flags.isSet('--dry-run')
        ? { word: 'up to date', isReached: ({ plannedMinutes }) => plannedMinutes === 0 }
        : { word: 'filled', isReached: (summary) => countMissing(summary) === 0 },
    }),
  document: async () => (await import('./documents/backfill.js')).backfillDocument,
  exitCode: (result) => dueIfAny(result, ({ plannedMinutes }) => plannedMinutes > 0),
};

/** The range of `--from` and `--to`; `--from listing` goes back to the first candle. */
function readBackfillRange(flags: Flags): Pick<BackfillOptions, 'range' | 'fromListing'> {
  const others = ['--minutes', '--hours', '--days'];
  if (flags.text('--from') !== 'listing') return { range: readRange(flags, ...others) };
  const used = others.filter((flag) => flags.isSet(flag));
  if (used.length > 0)
    flags.problems.add(`${used.join(' and ')} and --from exclude each other`, 'give the range in one way');
  return { range: { from: 0, to: flags.minute('--to') ?? MAX_DATE_MS }, fromListing: true };
}

const LABEL_WIDTH = 'before  '.length;
/** A drawing of fewer parts is not informative. */
const MIN_PARTS = 8;

/** The number of parts of a range that fit on the screen beside the symbols; undefined when too few do. */
function countParts(screen: Screen | undefined, symbols: JobOptions['symbols']): number | undefined {
  if (!screen) return undefined;
  const longest = symbols === 'all' ? MAX_SYMBOL_WIDTH : Math.max(...symbols.map(displayWidth));
  const others = symbols === 'all' || symbols.length > 1 ? MAX_COUNT_WIDTH : 0;
  const room = screen.columns - longest - others - 2 - LABEL_WIDTH;
  return room >= MIN_PARTS ? room : undefined;
}

/** Symbols of a fleet that are drawn; those with the same drawing count once. */
const MAX_DRAWN = 4;

/** The coverage of the range before and after, on two lines a symbol, or on one when nothing changed. */
export function drawCoverageChange(
  outcomes: readonly SymbolOutcome<BackfillSummary>[],
  { screen, flags, verbose }: View,
): string[] {
  const drawing = chooseDrawing(screen, flags.isSet('--ascii'));
  const covered = outcomes.flatMap(({ symbol, summary }) =>
    summary?.coverage ? [{ symbol, coverage: summary.coverage }] : [],
  );
  const [first] = covered;
  if (!first || !drawing.screen) return [];
  const { partMs, before } = first.coverage;
  const groups = groupByText(
    covered,
    ({ symbol }) => symbol,
    ({ coverage }) => [drawBeforeAndAfter(coverage, drawing).join('\n')],
  );
  const maxDrawn = verbose || covered.length < MIN_FLEET ? Infinity : MAX_DRAWN;
  const drawn = groups
    .slice(0, maxDrawn)
    .map(({ text, names }) => ({ lines: text.split('\n'), label: abbreviate(names) }));
  const others = groups.slice(maxDrawn).flatMap(({ names }) => names);
  const indent = Math.max(...drawn.map(({ label }) => displayWidth(label))) + 2;
  const title = `coverage, ${formatLength(partMs)} a character (UTC)`;
  const starts = before.map(({ from }) => from);
  return [
    '',
    ...formatLegend(title, describeStrip(drawing.strip), drawing.screen.columns),
    ' '.repeat(indent + LABEL_WIDTH) + drawAxis(starts, partMs),
    ...drawn.flatMap(({ lines, label }) => lines.map((line, i) => padToWidth(i === 0 ? label : '', indent) + line)),
    ...(others.length > 0 ? [`and ${formatCount(others.length)} more; --verbose draws all`] : []),
  ];
}

function drawBeforeAndAfter({ before, after }: BeforeAndAfter, { strip }: Drawing): string[] {
  const [was, is] = [drawStrip(before, strip), drawStrip(after, strip)];
  const lines =
    was === is
      ? ([['now', is]] as const)
      : ([
          ['before', was],
          ['after', is],
        ] as const);
  return lines.map(([label, line]) => label.padEnd(LABEL_WIDTH) + line);
}

/** `5 min`, `2 h`, `3 d`. */
function formatLength(lengthMs: number): string {
  if (lengthMs < HOUR_MS) return `${lengthMs / MINUTE_MS} min`;
  return lengthMs < DAY_MS ? `${lengthMs / HOUR_MS} h` : `${lengthMs / DAY_MS} d`;
}

export const BACKFILL_COLUMNS: readonly Column<BackfillSummary>[] = [
  { title: 'range', cell: (summary) => formatRange(summary.range), isShared: true, importance: 7 },
  { title: 'asked', cell: (summary) => summary.plannedMinutes, isKept: true, isSum: true },
  { title: 'inserted', cell: (summary) => summary.inserted, isSum: true, importance: 6 },
  { title: 'replaced', cell: (summary) => summary.replaced, isSum: true, importance: 5 },
  { title: 'confirmed', cell: (summary) => summary.confirmed, isSum: true, importance: 4 },
  { title: 'rebuilt', cell: (summary) => summary.rebuilt, isSum: true, importance: 3 },
  {
    title: 'missing',
    cell: countMissing,
    isSum: true,
    tone: (summary) => (countMissing(summary) > 0 ? 'bad' : undefined),
  },
  { title: 'valid', cell: (summary) => summary.valid, isKept: true, isSum: true },
  { title: 'requests', cell: (summary) => summary.requests, isSum: true, importance: 2 },
  { title: 'weight', cell: (summary) => summary.weight, isSum: true, importance: 1 },
];

/** The minutes that the exchange has, or may have soon, and the table does not. */
export function countMissing({ stillMissing, late }: BackfillSummary): number {
  return stillMissing + late;
}

const MEGABYTE = 1e6;

/** A line on what came from the archive, and with `--dry-run` how long all of it takes. */
export function describeArchive({ archive, seconds }: BackfillSummary): string[] {
  const { files, bytes, candles } = archive;
  const size = seconds === undefined ? '' : `, ${Math.max(1, Math.round(bytes / MEGABYTE))} MB`;
  const taken = files > 0 ? [`from the archive: ${files} files${size}, ${candles} candles`] : [];
  return seconds === undefined || seconds < 2 ? taken : [...taken, `expected to take about ${formatSeconds(seconds)}`];
}

function formatSeconds(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

export const ABSENT = 'not at the exchange';

/** The minutes that the exchange does not have. */
export function findAbsent({ absent }: BackfillSummary): Finding[] {
  return absent.map((gap) => ({
    from: gap.from,
    to: gap.to,
    kind: formatGapReason(gap),
    text: `${ABSENT}: ${formatRange(gap)}: ${formatGapReason(gap)}`,
  }));
}

/** Imports the job, which measures the coverage in as many parts as the screen has room for. */
export async function loadBackfill(screen: Screen | undefined) {
  const { backfill } = await import('../jobs/backfill/backfill.js');
  return (context: JobContext, options: BackfillOptions) =>
    backfill(context, { ...options, coverageParts: countParts(screen, options.symbols) });
}
