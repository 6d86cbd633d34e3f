import { Failure, type FailureKind } from '../core/failure.js';

/** A message to a service of the user's: a monitor, or whoever waits for a retraining. */
export interface Message {
  /** User and password in it are sent as `Authorization: Basic`. */
  url: string;
  /** Default POST. */
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Time allowed from the first look-up of the name to the answer's status. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** The answer's status; its body is not looked at. */
export interface Receipt {
  status: number;
}

/** Answers other than 5xx that say: the same message may be taken later. */
const PASSING = [408, 425, 429];

/**
 * Sends one message and waits for the answer's status. A redirect is not followed: it could lead anywhere.
 *
 * @throws Failure `NOT_TOLD`: temporary when nobody answered in time or the answer asks to come again (5xx, 408, 425,
 *   429, with its `Retry-After`), failed for any other answer but 2xx. It names the host but never the path or the user,
 *   which may be secrets.
 */
export async function sendRequest(message: Message): Promise<Receipt> {
  const { signal, timeoutMs } = message;
  const { host } = new URL(message.url);
  const limit = AbortSignal.timeout(timeoutMs);
  let answer: Response;
  try {
    answer = await ask(message, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    if (signal?.aborted && signal.reason instanceof Failure) throw signal.reason;
    const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    throw notTold('temporary', `${host} could not be told: ${why}`, { cause: error });
  }
  const { status } = answer;
  if (answer.ok) return { status };
  const isPassing = status >= 500 || PASSING.includes(status);
  throw notTold(isPassing ? 'temporary' : 'failed', `${host} answered with HTTP ${status}`, {
    retryAfterMs: retryAfterOf(answer.headers),
  });
}

async function ask({ url, method = 'POST', headers, body }: Message, signal: AbortSignal): Promise<Response> {
  const address = new URL(url);
  const { username, password } = address;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
  address.username = address.password = ''; // fetch refuses them, and quotes them when it does
  const answer = await fetch(address, {
    method,
    redirect: 'manual',
    signal,
    headers: { ...headers, ...(user !== ':' && { authorization }) },
    ...(body !== undefined && { body }),
  });
  await answer.body?.cancel();
  return answer;
}

function notTold(kind: FailureKind, message: string, details: { cause?: unknown; retryAfterMs?: number | undefined }) {
  return new Failure(kind, message, { code: 'NOT_TOLD', ...details });
}

/** Seconds, or a time (RFC 9110, 10.2.3), in milliseconds from now. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : Math.max(0, timeMs - Date.now());
}

/** `fetch` hides the system's word one level down. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error instanceof Error ? error.message : String(error);
}
