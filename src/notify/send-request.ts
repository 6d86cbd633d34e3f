import { Failure } from '../core/failure.js';

/** A message to a service of the user's: a monitor, or whoever waits for a retraining. */
export interface Message {
  url: string;
  /** Default POST. */
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Time allowed from the first look-up of the name to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** The answer's status; its body is not looked at. */
export interface Receipt {
  status: number;
}

/**
 * Sends one message and waits for the answer's status. A redirect is not followed: it could lead anywhere.
 *
 * @throws Failure (temporary) when nobody answered in time, or the answer says that it was not taken (not 2xx); it
 *   names the host but never the path, which may be a secret
 */
export async function sendRequest({
  url,
  method = 'POST',
  headers,
  body,
  timeoutMs,
  signal,
}: Message): Promise<Receipt> {
  const { host } = new URL(url);
  const limit = AbortSignal.timeout(timeoutMs);
  let status: number;
  try {
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
    });
    await answer.body?.cancel();
    status = answer.status;
  } catch (error) {
    if (signal?.aborted && signal.reason instanceof Failure) throw signal.reason;
    const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    throw new Failure('temporary', `${host} could not be told: ${why}`, { code: 'NOT_TOLD', cause: error });
  }
  if (status >= 200 && status < 300) return { status };
  throw new Failure('temporary', `${host} answered with HTTP ${status}`, { code: 'NOT_TOLD' });
}

/** `fetch` hides the system's word one level down. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error instanceof Error ? error.message : String(error);
}
