import type { Source } from '../../core/candle.js';
import { EXIT_CODES, type ExitCode } from '../../core/failure.js';
import type { JobResult, SymbolOutcome } from '../../jobs/job.js';
import { toFailureDocument } from '../../terminal/json.js';
import { formatTable, type Cell, type Column } from '../../terminal/table.js';
import { escapeControls, formatCount } from '../../terminal/text.js';
import type { View } from './command.js';

/** Lines about one symbol that are shown to people; JSON has all. */
const MAX_DETAILS_SHOWN = 50;

type SummaryOf<Result> = Result extends JobResult<infer Summary> ? Summary : never;

/** How the result of a job is shown to people. */
interface JobText<Result> {
  /** The columns of a table with a row for each symbol, behind the column of the symbol. */
  columns: readonly Column<SummaryOf<Result>>[];
  /** Lines below the table about one symbol. */
  details?: (summary: SummaryOf<Result>, symbol: string) => string[];
  /** Lines below the table about the whole result. */
  conclusion?: (result: Result, view: View) => string[];
}

/** A job's result as a table with a row for each symbol, then the lines that need a sentence. */
export function formatJobText<Result extends JobResult<unknown>>(
  result: Result,
  view: View,
  { columns, details, conclusion }: JobText<Result>,
): string {
  const outcomes = result.outcomes as readonly SymbolOutcome<SummaryOf<Result>>[];
  const hasSummary = outcomes.some(({ summary }) => summary);
  const table = hasSummary ? formatTable(toOutcomeColumns(columns), outcomes, view.paint.bold, view.columns) : '';
  const detailLines = outcomes.flatMap(({ symbol, summary }) =>
    summary ? limitDetails(details?.(summary, symbol) ?? []).map((line) => `${symbol}: ${line}`) : [],
  );
  return table + formatLines([...detailLines, ...(conclusion?.(result, view) ?? [])]);
}

/** Lines for a terminal. */
export function formatLines(lines: readonly string[]): string {
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}

/** The symbols of a job's result as the JSON document has them. */
export function toSymbolMembers({ outcomes }: JobResult<unknown>): { symbols: object[] } {
  const symbols = outcomes.map(({ symbol, summary, failure }) => ({
    symbol,
    ok: !failure,
    ...(summary as object | undefined),
    ...(failure && { error: toFailureDocument(failure) }),
  }));
  return { symbols };
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

function limitDetails(lines: readonly string[]): string[] {
  const hidden = lines.length - MAX_DETAILS_SHOWN;
  return hidden > 0 ? [...lines.slice(0, MAX_DETAILS_SHOWN), `and ${hidden} more; --json lists them all`] : [...lines];
}

function toOutcomeColumns<Summary>(columns: readonly Column<Summary>[]): Column<SymbolOutcome<Summary>>[] {
  const symbol = { title: 'symbol', cell: (outcome: SymbolOutcome<Summary>): Cell => outcome.symbol };
  const others = columns.map(({ title, cell }) => ({
    title,
    cell: ({ summary }: SymbolOutcome<Summary>): Cell => (summary ? cell(summary) : null),
  }));
  return [symbol, ...others];
}
