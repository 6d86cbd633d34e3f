import type { Source } from '../../core/candle.js';
import { EXIT_CODES, type ExitCode } from '../../core/failure.js';
import type { JobResult, SymbolOutcome } from '../../jobs/job.js';
import { formatJson, toFailureDocument } from '../../terminal/json.js';
import { type Cell, type Column, formatTable } from '../../terminal/table.js';
import { escapeControls, formatCount } from '../../terminal/text.js';
import type { JobCommand } from './command.js';

/** `BINANCE 1, BINANCE_BACKFILL 12`: how many rows came from where. */
export function formatSources(bySource: Partial<Record<Source, number>>): string | null {
  const parts = Object.entries(bySource).map(([source, count]) => `${source} ${formatCount(count)}`);
  return parts.length > 0 ? parts.join(', ') : null;
}

/** Lines about one symbol that a person reads; programs get all. */
const MAX_DETAILS_SHOWN = 50;

/** Whether programs may take the exit code as success: 10 is an answer, 3 is an open end. */
export function isOk(exitCode: ExitCode): boolean {
  return exitCode === EXIT_CODES.done || exitCode === EXIT_CODES.due;
}

/** A job's result as one JSON document; `error` is there when every symbol failed. */
export function formatJobDocument<O, S, R extends JobResult<S>>(
  command: JobCommand<O, S, R>,
  result: R,
  exitCode: ExitCode,
  notices: readonly string[],
): string {
  const failures = result.outcomes.flatMap((outcome) => outcome.failure ?? []);
  const decisive = failures.find((failure) => failure.exitCode === exitCode);
  return formatJson({
    command: command.name,
    ok: isOk(exitCode),
    exitCode,
    jobId: result.jobId,
    symbols: result.outcomes.map(({ symbol, summary, failure }) =>
      failure ? { symbol, ok: false, ...summary, error: toFailureDocument(failure) } : { symbol, ok: true, ...summary },
    ),
    ...command.extra?.(result),
    notices: notices.length > 0 ? notices : undefined,
    error: decisive ? toFailureDocument(decisive) : undefined,
  });
}

/** A job's result as people read it: a table with a row for each symbol, then what needs a sentence. */
export function formatJobTable<O, S, R extends JobResult<S>>(
  command: JobCommand<O, S, R>,
  result: R,
  paintTitle: (title: string) => string,
  lineWidth?: number,
): string {
  const hasSummary = result.outcomes.some((outcome) => outcome.summary);
  const columns = outcomeColumns(command.columns);
  const table = hasSummary ? formatTable(columns, result.outcomes, paintTitle, lineWidth) : '';
  const details = result.outcomes.flatMap(({ symbol, summary }) =>
    summary ? limitDetails(command.details?.(summary) ?? []).map((line) => `${symbol}: ${line}`) : [],
  );
  const lines = [...details, ...(command.conclusion?.(result) ?? [])];
  return table + lines.map((line) => `${escapeControls(line)}\n`).join('');
}

function limitDetails(lines: readonly string[]): string[] {
  const hidden = lines.length - MAX_DETAILS_SHOWN;
  return hidden > 0 ? [...lines.slice(0, MAX_DETAILS_SHOWN), `and ${hidden} more; --json lists them all`] : [...lines];
}

function outcomeColumns<S>(columns: readonly Column<S>[]): Column<SymbolOutcome<S>>[] {
  const symbol = { title: 'symbol', cell: (outcome: SymbolOutcome<S>): Cell => outcome.symbol };
  const others = columns.map(({ title, cell }) => ({
    title,
    cell: ({ summary }: SymbolOutcome<S>): Cell => (summary ? cell(summary) : null),
  }));
  return [symbol, ...others];
}
