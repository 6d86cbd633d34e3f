import { type ExitCode, EXIT_CODE_MEANINGS, EXIT_CODES, Failure, type FailureKind } from '../../../core/failure.js';
import type { SymbolOutcome } from '../../../jobs/job.js';
import { listNames } from '../../../terminal/names.js';
import type { Document } from './document.js';

/** The part of a command's result that says what went wrong. */
interface EndedResult {
  outcomes?: readonly SymbolOutcome<unknown>[];
  problem?: Failure | undefined;
}

/** What keeps the exit code of a command from being 0, by symbol. */
export function findProblems<Result extends EndedResult>(
  result: Result,
  document: Document<Result> | undefined,
): Map<string, Failure> {
  const problems = new Map<string, Failure>();
  for (const { symbol, failure, problem } of result.outcomes ?? []) {
    const found = failure ?? problem ?? document?.problemOf?.(result, symbol);
    if (found) problems.set(symbol, found);
  }
  return problems;
}

/**
 * What a command that did not succeed failed with.
 *
 * That is what it says itself, else the failure of a symbol that has its exit code, else the failures of symbols together.
 */
export function findError<Result extends EndedResult>(
  result: Result,
  exitCode: ExitCode,
  problems: ReadonlyMap<string, Failure>,
  document: Document<Result> | undefined,
): Failure {
  const failures = (result.outcomes ?? []).flatMap(({ failure }) => failure ?? []);
  return (
    result.problem ??
    document?.problemOfAll?.(result) ??
    failures.find((failure) => failure.exitCode === exitCode) ??
    describeSymbols(problems, result.outcomes?.length ?? 0) ??
    describeExitCode(exitCode)
  );
}

function describeSymbols(problems: ReadonlyMap<string, Failure>, total: number): Failure | undefined {
  const [first] = problems;
  if (!first) return undefined;
  const codes = new Set([...problems.values()].map(({ code }) => code));
  const code = codes.size === 1 ? first[1].code : undefined;
  const names = listNames([...problems.keys()]);
  const message = first[1].message.startsWith(`${first[0]}`) ? first[1].message : `${first[0]}: ${first[1].message}`;
  if (total === 1) return new Failure('incomplete', message, { code, hint: first[1].hint });
  return new Failure('incomplete', `${problems.size} of ${total} symbols did not succeed: ${names}`, { code });
}

function describeExitCode(exitCode: ExitCode): Failure {
  const [kind] = Object.entries(EXIT_CODES).find(([, code]) => code === exitCode) as [FailureKind, ExitCode];
  return new Failure(kind, EXIT_CODE_MEANINGS[kind]);
}
