import { EXIT_CODES, Failure, isSuccess, type ExitCode } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { redactPasswords } from '../../core/secrets.js';
import { formatJson, JsonLog, toFailureDocument } from '../../terminal/json.js';
import { groupByText, listNames } from '../../terminal/names.js';
import { print } from '../../terminal/output.js';
import { printFailure } from '../../terminal/print-failure.js';
import { createPaint, readColumns, readScreen } from '../../terminal/screen.js';
import { findError, findProblems } from './document/find-problems.js';
import type { Call, Command, CommandResult, Paint } from './command.js';
import { replaceSymbol, SYMBOLS } from './symbol-messages.js';

/** The part of a JSON document that differs between commands. */
interface DocumentContent {
  jobId?: number | null | undefined;
  members?: object | undefined;
  notices?: readonly string[];
  /** What the command failed with. */
  error?: unknown;
}

/** The JSON document of a command, on success and on failure; `command` is null when none was recognised. */
function formatDocument(command: string | null, exitCode: ExitCode, content: DocumentContent): string {
  const { jobId = null, members, notices = [], error } = content;
  const document = {
    command,
    ok: isSuccess(exitCode),
    exitCode,
    jobId,
    symbols: [],
    ...members,
    notices: notices.length > 0 ? notices : undefined,
    error: error === undefined ? undefined : toFailureDocument(error),
  };
  return redactPasswords(formatJson(document));
}

/** The document of a result; undefined where the text is printed with `--json` too. */
async function formatResult(call: Call, result: CommandResult, exitCode: ExitCode): Promise<string | undefined> {
  const { command, notices } = call;
  const document = await command.document?.();
  const problems = isSuccess(exitCode) ? new Map<string, Failure>() : findProblems(result, document);
  const members = document?.toMembers(result, problems);
  if (!members) return undefined;
  const error = isSuccess(exitCode) ? undefined : findError(result, exitCode, problems, document);
  return formatDocument(command.name, exitCode, { jobId: result.jobId, members, notices, error });
}

/** Prints the result of a command: on standard output, and the failures of its symbols on standard error. */
export async function printResult(call: Call, result: CommandResult, exitCode: ExitCode): Promise<void> {
  const { command, io, output } = call;
  const { jobId, outcomes = [] } = result;
  const sink = command.writesDataToStdout?.(call) ? 'stderr' : 'stdout';
  const failures = outcomes.flatMap(({ symbol, failure }) => (failure ? [{ symbol, failure }] : []));
  const paint = createPaint(io.isTerminal[sink], io.env, output.color);
  const text =
    (output.json ? await formatResult(call, result, exitCode) : undefined) ??
    formatText(call, result, paint, sink === 'stdout' ? readScreen(io)?.columns : undefined);
  if (text !== '') await print(io[sink], text);
  const errorPaint = createPaint(io.isTerminal.stderr, io.env, output.color);
  const columns = readColumns(io.stderr, io.isTerminal.stderr);
  for (const { symbol, failure } of io.stderr instanceof JsonLog ? failures : joinFailures(failures)) {
    await printFailure(io.stderr, failure, errorPaint, { symbol, jobId: jobId ?? null }, columns);
  }
  if (result.problem) await printFailure(io.stderr, result.problem, errorPaint, { jobId: jobId ?? null }, columns);
}

/** The failure of a symbol. */
interface SymbolFailure {
  symbol: string;
  failure: Failure;
}

/** The failures of symbols, those that differ in the symbol only as one. */
function joinFailures(failures: readonly SymbolFailure[]): SymbolFailure[] {
  const groups = groupByText(
    failures,
    ({ symbol }) => symbol,
    ({ symbol, failure: { message, hint = '' } }) => [
      [withoutSubject(message, symbol), hint].map((text) => replaceSymbol(text, symbol, SYMBOLS)).join('\n'),
    ],
  );
  return groups.map(({ names }) => {
    const first = failures.find(({ symbol }) => symbol === names[0])!;
    if (names.length === 1) return first;
    const { kind, code, message, hint } = first.failure;
    const symbols = listNames(names);
    const rename = (text: string) => replaceSymbol(text, first.symbol, symbols);
    const joined = new Failure(kind, rename(withoutSubject(message, first.symbol)), {
      hint: hint && rename(hint),
      code,
    });
    return { symbol: symbols, failure: joined };
  });
}

function withoutSubject(message: string, symbol: string): string {
  return message.startsWith(`${symbol}: `) ? message.slice(symbol.length + 2) : message;
}

/**
 * The result for people.
 *
 * @param columns the width that tables and lines fit into
 */
export function formatText(call: Call, result: CommandResult, paint: Paint, columns?: number): string {
  const { command, flags, screen, output, startedAt } = call;
  const seconds = (performance.now() - startedAt) / 1000;
  return command.text(result, { paint, columns, screen, flags, verbose: output.verbose, seconds });
}

/** Prints a problem that ended a run: on standard error, and with `--json` as a document on standard output. */
export async function printProblem(
  problem: unknown,
  command: Command | undefined,
  io: Io,
  argv: readonly string[],
): Promise<ExitCode> {
  const exitCode = problem instanceof Failure ? problem.exitCode : EXIT_CODES.failed;
  const paint = createPaint(io.isTerminal.stderr, io.env, !argv.includes('--no-color'));
  const columns = readColumns(io.stderr, io.isTerminal.stderr);
  await printFailure(io.stderr, problem, paint, {}, columns);
  if (!argv.includes('--json')) return exitCode;
  try {
    await print(io.stdout, formatDocument(command?.name ?? null, exitCode, { error: problem }));
    return exitCode;
  } catch (error) {
    // the same problem again: standard output could not be written
    const isSame = problem instanceof Failure && problem.code === toFailureDocument(error).code;
    if (!isSame) await printFailure(io.stderr, error, paint);
    return EXIT_CODES.failed;
  }
}
