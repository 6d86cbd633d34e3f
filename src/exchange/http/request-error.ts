import { Failure, type FailureKind } from '../../core/failure.js';

/**
 * Why one request failed, which decides what is done next:
 *
 * | kind | next |
 * |---|---|
 * | `network`, `server`, `invalid` | try the next base URL, then retry after a backoff |
 * | `limited` | retry after the wait that the exchange asks for |
 * | `blocked` | do not use this base URL again |
 * | `banned`, `refused` | do not retry: the call has failed |
 */
export type RequestErrorKind = 'network' | 'server' | 'invalid' | 'limited' | 'blocked' | 'banned' | 'refused';

/** The kind of an exchange's error code that is not in the lists: a refusal, unless it is not a code at all. */
export function refusalKind(code: unknown): RequestErrorKind {
  return typeof code === 'string' || typeof code === 'number' ? 'refused' : 'invalid';
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
  invalid: { kind: 'temporary', code: 'BAD_ANSWER' },
  limited: { kind: 'temporary', code: 'RATE_LIMITED' },
  blocked: { kind: 'failed', code: 'FORBIDDEN' },
  banned: { kind: 'temporary', code: 'BANNED' },
  refused: { kind: 'failed', code: 'REFUSED' },
};

/** Terminal control and text direction characters: messages quote what the exchange sent. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The failure of one request. When retries are over, `toFailure` is what the caller gets. */
export class RequestError extends Error {
  readonly kind: RequestErrorKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly hint: string | undefined;

  constructor(kind: RequestErrorKind, message: string, details: RequestErrorDetails = {}) {
    super(message.replace(UNPRINTABLE, '\uFFFD'), { cause: details.cause });
    this.name = 'RequestError';
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
