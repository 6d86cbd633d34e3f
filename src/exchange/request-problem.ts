import { Failure, type FailureKind } from '../core/failure.js';

/**
 * Why one request brought nothing, which decides what comes next:
 *
 * | kind | next |
 * |---|---|
 * | `network`, `server`, `nonsense` | the next base URL, then again after a pause |
 * | `limited` | again after the wait that the exchange asks for |
 * | `blocked` | never again from this base URL |
 * | `banned`, `refused` | nothing: the call has failed |
 */
export type ProblemKind = 'network' | 'server' | 'nonsense' | 'limited' | 'blocked' | 'banned' | 'refused';

/** What a complaint is that nobody knows: a refusal when it is a word or a number at all. */
export function refusalIn(complaint: unknown): ProblemKind {
  return typeof complaint === 'string' || typeof complaint === 'number' ? 'refused' : 'nonsense';
}

interface ProblemDetails {
  code?: string | undefined;
  retryAfterMs?: number | undefined;
  hint?: string | undefined;
  cause?: unknown;
}

const FAILURES: Readonly<Record<ProblemKind, { kind: FailureKind; code: string }>> = {
  network: { kind: 'temporary', code: 'UNREACHABLE' },
  server: { kind: 'temporary', code: 'SERVER_ERROR' },
  nonsense: { kind: 'temporary', code: 'BAD_ANSWER' },
  limited: { kind: 'temporary', code: 'RATE_LIMITED' },
  blocked: { kind: 'failed', code: 'FORBIDDEN' },
  banned: { kind: 'temporary', code: 'BANNED' },
  refused: { kind: 'failed', code: 'REFUSED' },
};

/** What would move the cursor, colour the screen or turn the text around: messages quote what the exchange said. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What went wrong with one request; retries end in the Failure that it becomes. */
export class RequestProblem extends Error {
  readonly kind: ProblemKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly hint: string | undefined;

  constructor(kind: ProblemKind, message: string, details: ProblemDetails = {}) {
    super(message.replace(UNPRINTABLE, '\uFFFD'), { cause: details.cause });
    this.name = 'RequestProblem';
    this.kind = kind;
    this.code = details.code ?? FAILURES[kind].code;
    this.retryAfterMs = details.retryAfterMs;
    this.hint = details.hint;
  }

  toFailure(): Failure {
    const { code, retryAfterMs, hint } = this;
    return new Failure(FAILURES[this.kind].kind, this.message, { code, retryAfterMs, hint, cause: this.cause });
  }
}
