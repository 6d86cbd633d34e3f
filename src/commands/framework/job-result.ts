import type { Source } from '../../core/candle.js';
import { EXIT_CODES, type ExitCode, type Failure } from '../../core/failure.js';
import type { JobResult, SymbolOutcome } from '../../jobs/job.js';
import { foldLines } from '../../terminal/fold.js';
import { groupByText, listNames } from '../../terminal/names.js';
import { formatTable, type Cell, type Column, type Tone } from '../../terminal/table.js';
import { escapeControls, formatCount } from '../../terminal/text.js';
import type { View } from './command.js';
import { describeFindings, type Finding } from './findings.js';
import { chooseRows, formatClosingLine, type Goal, MIN_FLEET, toSymbolArguments } from './fleet.js';
import { SYMBOLS } from './symbol-messages.js';

/** Lines about symbols that are shown to people; JSON has all. */
const MAX_DETAILS_SHOWN = 20;
/** Of a fleet, whose table is long already. */
const MAX_FLEET_DETAILS_SHOWN = 8;

/** The lines of a fleet's result, unless all are asked for: a screen has 40, of which five are left for notes. */
const MAX_FLEET_LINES = 35;
/** Rows that a table has however much is said below it. */
const MIN_TABLE_ROWS = 5;

type SummaryOf<Result> = Result extends JobResult<infer Summary> ? Summary : never;

/** How the result of a job is shown to people. */
interface JobText<Result> {
  /** The columns of a table with a row for each symbol, behind the column of the symbol. */
  columns: readonly Column<SummaryOf<Result>>[];
  /** The most rows of the table, unless all are asked for. */
  maxRows?: number;
  /** How bad the state of a symbol is: the worst come first. Failed symbols are the worst. */
  severity?: (summary: SummaryOf<Result>) => number;
  /** Lines below the table about one symbol; lines that are the same for several symbols are shown once. */
  details?: (summary: SummaryOf<Result>, symbol: string) => string[];
  /** Stretches of minutes to list or to sum up. */
  findings?: { title: string; of: (summary: SummaryOf<Result>) => readonly Finding[] };
  /** Lines below the table about the whole result. */
  conclusion?: (result: Result, view: View) => string[];
  /** What the last line counts. */
  goal?: Goal<SummaryOf<Result>>;
}

/** Whether a symbol's window is ready, as a column and as what a fleet is to reach. */
export const READY_COLUMN: Column<{ isReady: boolean }> = {
  title: 'ready',
  cell: ({ isReady }) => isReady,
  tone: ({ isReady }) => (isReady ? 'good' : 'bad'),
};
export const READY_GOAL: Goal<{ isReady: boolean }> = { word: 'ready', isReached: ({ isReady }) => isReady };

/** A job's result as a table with a row for each symbol, the lines that need a sentence, and a last line that counts. */
export function formatJobText<Result extends JobResult<unknown> & { problem?: Failure | undefined }>(
  result: Result,
  view: View,
  { columns, maxRows, severity = () => 0, details, findings, conclusion, goal }: JobText<Result>,
): string {
  const outcomes = sortWorstFirst(result.outcomes as readonly SymbolOutcome<SummaryOf<Result>>[], severity);
  const found = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, summary }] : []));
  const ordered: Result = { ...result, outcomes };
  const lines = [
    ...limitLines(describeDetails(found, details, view), view, outcomes.length),
    ...(findings
      ? describeFindings(
          findings.title,
          found.map(({ symbol, summary }) => ({ symbol, findings: findings.of(summary) })),
          view,
        )
      : []),
    ...(conclusion?.(ordered, view) ?? []),
    ...(goal ? formatClosingLine(outcomes, goal, view) : []),
  ];
  const below = formatLines(lines, view.columns);
  if (found.length === 0) return below;
  const format = (rows?: number) => formatSymbolTable(toOutcomeColumns(columns), outcomes, view, rows);
  if (maxRows !== undefined || view.verbose || outcomes.length < MIN_FLEET) return format(maxRows) + below;
  const room = MAX_FLEET_LINES - countLines(below) - countLines(describeProblem(result, view));
  return formatWithin(format, room, chooseRows(outcomes.length)) + below;
}

/** A table of at most so many lines, as far as its worst rows allow it. */
function formatWithin(format: (rows: number) => string, room: number, maxRows: number): string {
  for (let rows = maxRows; rows > MIN_TABLE_ROWS; rows -= 1) {
    const table = format(rows);
    if (countLines(table) <= room) return table;
  }
  return format(MIN_TABLE_ROWS);
}

/** What is printed on standard error beside the result. */
function describeProblem({ problem }: { problem?: Failure | undefined }, { columns }: View): string {
  return problem ? formatLines([`error: ${problem.message}`, problem.hint ?? ''], columns) : '';
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

/** A table with a row for each symbol: of many symbols the first rows and the totals, unless all are asked for. */
export function formatSymbolTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { paint, columns: lineWidth, verbose }: View,
  maxRows = chooseRows(rows.length),
): string {
  const hasTotals = rows.length >= MIN_FLEET && columns.some(({ isSum }) => isSum);
  return formatTable(columns, rows, {
    paint,
    columns: lineWidth,
    hasTotals,
    maxRows: verbose || rows.length <= maxRows + 1 ? undefined : maxRows,
  });
}

/** Lines for a terminal of a width. */
export function formatLines(lines: readonly string[], columns?: number): string {
  return foldLines(lines.map(escapeControls), columns)
    .map((line) => `${line}\n`)
    .join('');
}

function sortWorstFirst<Summary>(
  outcomes: readonly SymbolOutcome<Summary>[],
  severity: (summary: Summary) => number,
): SymbolOutcome<Summary>[] {
  const rank = ({ summary }: SymbolOutcome<Summary>) => (summary === undefined ? Infinity : severity(summary));
  return [...outcomes].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

/** `BTCUSDT: line`, or `BTCUSDT ETHUSDT and 3 more: line` where it is the same for several symbols. */
function describeDetails<Summary>(
  found: readonly { symbol: string; summary: Summary }[],
  details: ((summary: Summary, symbol: string) => string[]) | undefined,
  { verbose, flags }: View,
): string[] {
  if (!details) return [];
  const groups = groupByText(
    found,
    ({ symbol }) => symbol,
    ({ symbol, summary }) => details(summary, symbol),
  );
  return groups.map(({ text, names }) => {
    const listed = verbose ? names.join(' ') : listNames(names);
    return `${listed}: ${text.replaceAll(SYMBOLS, () => toSymbolArguments(names, flags))}`;
  });
}

function limitLines(lines: readonly string[], { verbose }: View, symbols: number): string[] {
  const shown = symbols < MIN_FLEET ? MAX_DETAILS_SHOWN : MAX_FLEET_DETAILS_SHOWN;
  const hidden = verbose ? 0 : lines.length - shown;
  return hidden > 1
    ? [...lines.slice(0, shown), `and ${formatCount(hidden)} more lines; --verbose shows all`]
    : [...lines];
}

/** Exit code 10 when the summary of a symbol fulfils a condition. */
export function dueIfAny<Summary>({ outcomes }: JobResult<Summary>, isDue: (summary: Summary) => boolean): ExitCode {
  return outcomes.some(({ summary }) => summary !== undefined && isDue(summary)) ? EXIT_CODES.due : EXIT_CODES.done;
}

/** `BINANCE 1, BINANCE_BACKFILL 12`: the number of rows by source. */
export function formatSources(bySource: Partial<Record<Source, number>>): string | null {
  const parts = Object.entries(bySource).map(([source, count]) => `${source} ${formatCount(count)}`);
  return parts.length > 0 ? parts.join(', ') : null;
}

function toOutcomeColumns<Summary>(columns: readonly Column<Summary>[]): Column<SymbolOutcome<Summary>>[] {
  const symbol = { title: 'symbol', cell: (outcome: SymbolOutcome<Summary>): Cell => outcome.symbol };
  const others = columns.map(({ cell, tone, ...column }) => ({
    ...column,
    cell: ({ summary }: SymbolOutcome<Summary>): Cell => (summary ? cell(summary) : null),
    tone: ({ summary }: SymbolOutcome<Summary>): Tone => (summary ? tone?.(summary) : undefined),
  }));
  return [symbol, ...others];
}
