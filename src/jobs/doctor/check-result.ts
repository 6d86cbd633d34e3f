import { EXIT_CODES, type ExitCode, Failure } from '../../core/failure.js';

/** What the doctor found at one place. */
export interface CheckResult {
  /** What was looked at, in a word or two. */
  check: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found, as a sentence without its end. */
  found: string;
  /** A command to type, or what else to do; not there when all is well. */
  remedy?: string;
  /** What a command would exit with because of it; only of a `fail`. */
  exitCode?: ExitCode;
}

export function ok(check: string, found: string): CheckResult {
  return { check, state: 'ok', found };
}

/** Something that commands get by with. */
export function warn(check: string, found: string, remedy: string): CheckResult {
  return { check, state: 'warn', found, remedy };
}

/** Something that keeps commands from their work. */
export function fail(
  check: string,
  found: string,
  remedy: string,
  exitCode: ExitCode = EXIT_CODES.failed,
): CheckResult {
  return { check, state: 'fail', found, remedy, exitCode };
}

/** A failure as a finding; what is no Failure is a bug, and is told as one. */
export function toCheckResult(check: string, error: unknown, otherwise: string): CheckResult {
  if (error instanceof Failure) return fail(check, error.message, error.hint ?? otherwise, error.exitCode);
  return fail(check, `a bug of chartctl: ${String(error)}`, 'report it');
}

/**
 * What comes of some work, unless it takes too long: what goes on then is left to itself.
 *
 * @throws Failure (temporary), or whatever the work throws
 */
export async function withinTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new Failure('temporary', `there was no answer within ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(failure), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
