import { EXIT_CODES } from '../../core/failure.js';
import { DEFAULTS, LIMITS } from '../../core/limits.js';
import { formatMinute } from '../../core/minute.js';
import type { SymbolOutcome } from '../../jobs/job.js';
import type { StatusResult } from '../../jobs/status/status.js';
import type { StatusSummary } from '../../jobs/status/status-summary.js';
import { WINDOW_MINUTES } from '../../quality/window.js';
import { chooseDrawing, describeStrip, drawStrip } from '../../terminal/drawing.js';
import { foldText } from '../../terminal/fold.js';
import { type Column, formatTable } from '../../terminal/table.js';
import { displayWidth } from '../../terminal/text.js';
import type { Command, View } from '../framework/command.js';
import { chooseRows, MIN_FLEET } from '../framework/fleet.js';
import { formatJobText } from '../framework/job-result.js';
import { AS_OF_OPTION, parseAsOf } from '../framework/options/as-of.js';
import { READ_ONLY_OPTIONS, STORED_SYMBOLS } from '../framework/options/options.js';
import { runJob } from '../framework/run-job.js';
import { describeFewSymbols } from './few-symbols.js';
import { describeFleet } from './fleet.js';
import { describeFleetSources } from './fleet-sources.js';
import { describeUnreadyFleet } from './readiness.js';
import { describeSources } from './sources.js';
import { describeLaterRows, describeOlderGaps, describeRetired } from './states.js';
import { formatAge } from './symbol-state.js';

export const statusCommand: Command<StatusResult> = {
  name: 'status',
  otherNames: ['state', 'gaps', 'coverage', 'ready', 'health'],
  description: 'show rows, coverage and gaps of each symbol, and whether its window is ready',
  readOnly: true,
  arguments: [STORED_SYMBOLS],
  options: [
    ['--days <n>', `how far back coverage and gaps are shown (default: ${DEFAULTS.days})`],
    ['--sources', 'also compare the fallback exchanges with Binance'],
    AS_OF_OPTION,
    ['--ascii', 'draw with plain characters (so do terminals without UTF-8)'],
    ['--exit-code', 'exit 3 when the window of a symbol is not ready'],
    ...READ_ONLY_OPTIONS,
  ],
  examples: [
    ['chartctl status', 'every symbol in the database; works without Binance'],
    ['chartctl status BTCUSDT --days 30 --ascii', 'a month of coverage, in plain characters'],
    ['chartctl status --exit-code --quiet', 'for a monitor: exit 3 when a window is not ready'],
    ['chartctl status BTCUSDT --as-of 2025-06-01T12:00Z', 'what the window was then, before later corrections'],
    ['chartctl status BTCUSDT --sources', 'compare the fallback exchanges over the last 100 minutes'],
  ],
  run: (call) => {
    const { flags } = call;
    flags.atMostOne('--as-of', '--sources');
    const options = {
      days: flags.count('--days', LIMITS.days),
      sources: flags.isSet('--sources'),
      onlyStored: !flags.isSet('--sources'), // which also says whether an exchange has a symbol that is not stored yet
      olderGaps: !call.output.json,
      asOf: flags.parse('--as-of', parseAsOf),
    };
    return runJob(call, options, async () => (await import('../../jobs/status/status.js')).status);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: chooseColumns(result, view),
      maxRows: Math.min(
        view.flags.isSet('--sources') ? MAX_ROWS_WITH_SOURCES : MAX_ROWS,
        chooseRows(result.outcomes.length),
      ),
      severity: ({ readiness, retired, window }) =>
        retired ? -2 : readiness.isReady ? -1 : WINDOW_MINUTES - window.valid,
      conclusion: ({ outcomes }) => describeSymbols(outcomes, view),
      goal: { word: 'ready', isReached: ({ readiness, retired }) => (retired ? 'retired' : readiness.isReady) },
    }),
  document: async () => (await import('../documents/status.js')).statusDocument,
  exitCode: ({ outcomes }) =>
    outcomes.some(({ summary }) => summary && !summary.readiness.isReady && !summary.retired)
      ? EXIT_CODES.incomplete
      : EXIT_CODES.done,
};

/** Of a fleet, the age and the valid rows say as much. */
const [LAST_CANDLE, PRESENT] = ['last candle', `present of ${WINDOW_MINUTES}`];
/** Rows of the table of a fleet: the lines below it need room, too. */
const [MAX_ROWS, MAX_ROWS_WITH_SOURCES] = [12, 3];

const COLUMNS: readonly Column<StatusSummary>[] = [
  { title: LAST_CANDLE, cell: ({ last }) => last && formatMinute(last.minute), isShared: true },
  {
    title: 'age',
    cell: ({ last }) => last && formatAge(last.ageSeconds),
    isShared: true,
    isRight: true,
    importance: 3,
  },
  { title: PRESENT, cell: ({ window }) => window.present, isKept: true, importance: 2 },
  { title: 'valid', cell: ({ window }) => window.valid, isKept: true },
  { title: 'gaps', cell: ({ gaps }) => gaps.length, isSum: true },
  { title: 'flags', cell: ({ flags }) => flags.rows, isSum: true },
  {
    title: 'ready',
    cell: ({ readiness, retired }) => (retired ? 'retired' : readiness.isReady),
    tone: ({ readiness, retired }) => (retired ? undefined : readiness.isReady ? 'good' : 'bad'),
  },
];

/** Hours of coverage in a row of the table of a fleet, whichever fit. */
const STRIP_HOURS = [72, 48, 24];
/** The width of the table in a pipe or a file. */
const DEFAULT_COLUMNS = 100;

/** The columns of the table; of a fleet with the coverage as the last one, instead of a drawing below. */
function chooseColumns({ outcomes }: StatusResult, view: View): readonly Column<StatusSummary>[] {
  if (!isFleet(outcomes, view)) return COLUMNS;
  const lasts = new Set(outcomes.map(({ summary }) => summary?.last?.minute));
  const own = COLUMNS.filter(({ title }) => !(title === PRESENT || (lasts.size > 1 && title === LAST_CANDLE)));
  const { strip } = chooseDrawing(view.screen, view.flags.isSet('--ascii'));
  const withStrip = (hours: number): Column<StatusSummary>[] => [
    ...own,
    {
      title: `valid by hour, ${hours} h`,
      cell: ({ coverage }) => drawStrip(coverage.slice(-hours), strip),
      isKept: true,
      importance: 1,
    },
  ];
  const summaries = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, summary }] : []));
  const room = (view.columns ?? DEFAULT_COLUMNS) - Math.max(...summaries.map(({ symbol }) => displayWidth(symbol))) - 2;
  const widthOf = (columns: readonly Column<StatusSummary>[]) => {
    const text = formatTable(
      columns,
      summaries.map(({ summary }) => summary),
    );
    return Math.max(...text.split('\n').map(displayWidth));
  };
  const hours = STRIP_HOURS.find((count) => widthOf(withStrip(count)) <= room) ?? STRIP_HOURS.at(-1)!;
  return withStrip(hours);
}

function isFleet(outcomes: readonly SymbolOutcome<StatusSummary>[], { verbose }: View): boolean {
  return !verbose && outcomes.length >= MIN_FLEET;
}

/**
 * The lines below the table, of symbols that are not retired unless all are, and the comparison of exchanges. Of a
 * fleet what it has in common.
 */
function describeSymbols(outcomes: readonly SymbolOutcome<StatusSummary>[], view: View): string[] {
  const all = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, summary }] : []));
  const active = all.filter(({ summary }) => !summary.retired);
  const found = active.length > 0 ? active : all;
  if (found.length === 0) return [];
  const drawing = chooseDrawing(view.screen, view.flags.isSet('--ascii'));
  const sources = found.flatMap(({ symbol, summary }) =>
    summary.sources ? [{ symbol, sources: summary.sources }] : [],
  );
  const isCompared = sources.some((own) => own.sources.venues.length > 0);
  const states = isFleet(outcomes, view)
    ? [
        ...foldText(describeStrip(drawing.strip), view.columns ?? DEFAULT_COLUMNS),
        ...describeFleet(found, view.flags.count('--days', LIMITS.days) ?? DEFAULTS.days),
        ...describeOlderGaps(found, view),
        ...describeLaterRows(found, view),
        ...(isCompared ? [] : describeUnreadyFleet(found, view)), // the comparison takes its place
      ]
    : describeFewSymbols(found, drawing, view);
  return [
    ...states,
    ...(isFleet(outcomes, view) && active.length > 0 ? [] : describeRetired(all, view)),
    ...(isFleet(outcomes, view) ? describeFleetSources(sources, view) : describeSources(sources, view.columns)),
  ];
}
