import { Failure, type FailureKind } from '../../core/failure.js';

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
export type RequestErrorKind = 'network' | 'server' | 'nonsense' | 'limited' | 'blocked' | 'banned' | 'refused';

/** What a complaint is that nobody knows: a refusal when it is a word or a number at all. */
export function refusalKind(complaint: unknown): RequestErrorKind {
  return typeof complaint === 'string' || typeof complaint === 'number' ? 'refused' : 'nonsense';
}

interface RequestErrorDetails {
  code?: string | undefined;
  retryAfterMs?: number | undefined;
  hint?: string | undefined;
  cause?: unknown;
}

const FAILURE_OF_KIND: Readonly<Record<RequestErrorKind, { kind: FailureKind; code: string }>> = {
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
export class RequestError extends Error {
  readonly kind: RequestErrorKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly hint: string | undefined;

  constructor(kind: RequestErrorKind, message: string, details: RequestErrorDetails = {}) {
    super(message.replace(UNPRINTABLE, '\uFFFD'), { cause: details.cause });
    this.name = 'RequestProblem';
    this.kind = kind;
    this.code = details.code ?? FAILURE_OF_KIND[kind].code;
    this.retryAfterMs = details.retryAfterMs;
    this.hint = details.hint;
  }

  toFailure(): Failure {
    const { code, retryAfterMs, hint } = this;
    return new Failure(FAILURE_OF_KIND[this.kind].kind, this.message, { code, retryAfterMs, hint, cause: this.cause });
  }
}
