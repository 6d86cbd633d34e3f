import { EXIT_CODES, Failure, type ExitCode } from '../../core/failure.js';

/** What the doctor found at one place. */
export interface Finding {
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

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found };
}

/** Something that commands get by with. */
export function warn(check: string, found: string, remedy: string): Finding {
  return { check, state: 'warn', found, remedy };
}

/** Something that keeps commands from their work. */
export function fail(check: string, found: string, remedy: string, exitCode: ExitCode = EXIT_CODES.failed): Finding {
  return { check, state: 'fail', found, remedy, exitCode };
}

/** A failure as a finding; what is no Failure is a bug, and is told as one. */
export function toFinding(check: string, error: unknown, otherwise: string): Finding {
  if (error instanceof Failure) return fail(check, error.message, error.hint ?? otherwise, error.exitCode);
  return fail(check, `a bug of chartctl: ${String(error)}`, 'report it');
}
