/** The exit codes by kind of outcome; each kind of `Failure` has one. */
export const EXIT_CODES = {
  /** Done. */
  done: 0,
  /** Failed, and would fail again. */
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** Done, but something is still missing. */
  incomplete: 3,
  /** The condition that was asked for is true. */
  due: 10,
  /** Another process holds what is needed. */
  locked: 11,
  /** Try again later: rate limit, ban, network, database not reachable. */
  temporary: 75,
  /** Stopped by SIGINT; only whole transactions were written. */
  interrupted: 130,
  /** Stopped by SIGTERM; only whole transactions were written. */
  terminated: 143,
} as const;

/** The meaning of each exit code, for the manuals. */
export const EXIT_CODE_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  done: 'done, also when there was nothing to do',
  failed: 'failed: also a symbol that Binance does not know, a file that cannot be written',
  usage: 'wrong usage or configuration; a server that was not migrated',
  incomplete:
    'done but incomplete: some of several symbols failed, minutes are still missing, or a window is not ready ' +
    '(--require-ready, status --exit-code)',
  due: 'only with --exit-code: a training is due, rows differ, or --dry-run would change something',
  locked: 'another process holds the symbols or the embedded database',
  temporary: 'try again later: rate limit, ban, network, database not reachable',
  interrupted: 'SIGINT: only whole transactions were written; run it again to go on',
  terminated: 'SIGTERM, or the terminal was closed (SIGHUP): as 130',
};

/** The exit codes that win where several apply, the strongest first. */
const PRECEDENCE: readonly ExitCode[] = [130, 143, 2, 1, 75, 11, 3, 10, 0];

/** What kind of problem it was; each has an exit code. */
export type FailureKind = Exclude<keyof typeof EXIT_CODES, 'done' | 'due'>;
/** What the command would exit with. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** What a Failure has beside its message. */
export interface FailureDetails {
  /** What to do about it. */
  hint?: string | undefined;
  /** A stable word for programs, such as `UNKNOWN_SYMBOL` or the SQLSTATE. */
  code?: string | undefined;
  /** With a temporary failure: how long to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The underlying error. */
  cause?: unknown;
}

/** A foreseen problem: it is shown as a message and a hint. Anything else that is thrown is a bug and shows its stack. */
export class Failure extends Error {
  /** What kind of problem it is: what a program decides by. */
  readonly kind: FailureKind;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** A stable word for programs, such as `UNKNOWN_SYMBOL` or the SQLSTATE. */
  readonly code: string | undefined;
  /** With a temporary failure: how long to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.hint = details.hint;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** What the command would exit with. */
  get exitCode(): ExitCode {
    return EXIT_CODES[this.kind];
  }
}

/** The exit code that wins where several apply. */
export function strongestExitCode(codes: Iterable<ExitCode>): ExitCode {
  const found = new Set(codes);
  return PRECEDENCE.find((code) => found.has(code)) ?? EXIT_CODES.done;
}

/** Whether programs may take the exit code as success: 10 is the answer to a question. */
export function isSuccess(exitCode: ExitCode): boolean {
  return exitCode === EXIT_CODES.done || exitCode === EXIT_CODES.due;
}

/**
 * The exit code of a command over several symbols, of which some failed.
 *
 * All failed: 75 when each failure is temporary (11 when each is a lock), else the strongest. Some failed: 3.
 */
export function exitCodeForSymbols(
  outcomes: readonly { failure?: Failure | undefined; incomplete?: boolean }[],
): ExitCode {
  const failures = outcomes.flatMap((outcome) => (outcome.failure ? [outcome.failure] : []));
  const stopped = failures.find((failure) => failure.kind === 'interrupted' || failure.kind === 'terminated');
  if (stopped) return stopped.exitCode;
  if (failures.length > 0 && failures.length === outcomes.length) {
    return strongestExitCode(failures.map((failure) => failure.exitCode));
  }
  const isIncomplete = failures.length > 0 || outcomes.some((outcome) => outcome.incomplete);
  return isIncomplete ? EXIT_CODES.incomplete : EXIT_CODES.done;
}

/** Throws the interruption that the signal carries, if it was aborted: called between transactions. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason instanceof Failure ? signal.reason : new Failure('interrupted', 'interrupted');
}

/** The code of an operating system's error, such as `ENOENT` or `EPIPE`; undefined for every other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
