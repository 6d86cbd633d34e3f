import { EXIT_CODES, type ExitCode, Failure } from '../../core/failure.js';

/** The result of one check of `chartctl doctor`. */
export interface CheckResult {
  /** The name of the check, one or two words. */
  check: string;
  state: 'ok' | 'warn' | 'fail';
  /** A sentence without a full stop. */
  found: string;
  /** A command to run, or another action; undefined if the state is `ok`. */
  remedy?: string;
  /** The exit code of a command that has this problem; only with `fail`. */
  exitCode?: ExitCode;
}

export function ok(check: string, found: string): CheckResult {
  return { check, state: 'ok', found };
}

/** A problem that does not stop commands. */
export function warn(check: string, found: string, remedy: string): CheckResult {
  return { check, state: 'warn', found, remedy };
}

/** A problem that stops commands. */
export function fail(
  check: string,
  found: string,
  remedy: string,
  exitCode: ExitCode = EXIT_CODES.failed,
): CheckResult {
  return { check, state: 'fail', found, remedy, exitCode };
}

/** The result of a check that threw. An error that is not a `Failure` is reported as a bug. */
export function toCheckResult(check: string, error: unknown, otherwise: string): CheckResult {
  if (error instanceof Failure) return fail(check, error.message, error.hint ?? otherwise, error.exitCode);
  return fail(check, `a bug of chartctl: ${String(error)}`, 'report it');
}

/**
 * Waits for work for a limited time. After that the work continues unobserved.
 *
 * @throws Failure (temporary) at the limit, or whatever the work throws
 */
export async function withinTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new Failure('temporary', `no answer within ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(failure), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
