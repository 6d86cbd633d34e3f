import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { ProxySettings } from '../network/proxies.js';
import { sendRequest } from './send-request.js';

/** The delays before the second, third and fourth attempt. */
const RETRY_DELAYS_MS = [1000, 3000, 9000];
const ATTEMPT_LIMIT_MS = 10_000;
/** For all attempts and delays together. */
const TOTAL_LIMIT_MS = 45_000;

/** The receiver, and the secret that it shares with the sender. */
export interface Webhook {
  url: string;
  secret: string;
  /** The delay before each further attempt, milliseconds. */
  retryDelaysMs?: readonly number[] | undefined;
  /** The proxies that requests go through; absent: they are sent directly. */
  proxies?: ProxySettings | undefined;
}

/** A delivered message. */
export interface Delivery {
  host: string;
  attempts: number;
}

/**
 * Posts a signed JSON document, with retries while the receiver answers that it cannot accept it now.
 *
 * Every attempt has the same body and the same key, so that the receiver can recognise a repeated delivery.
 *
 * @param key the `Idempotency-Key`
 * @throws Failure: temporary when it was not accepted within four attempts and 45 s, failed when it was refused
 */
export async function deliverWebhook(
  { url, secret, retryDelaysMs = RETRY_DELAYS_MS, proxies }: Webhook,
  { body, key, signal }: { body: string; key: string; signal?: AbortSignal | undefined },
): Promise<Delivery> {
  const { host } = new URL(url);
  const deadline = Date.now() + TOTAL_LIMIT_MS;
  for (let attempts = 1; ; attempts += 1) {
    const failure = await attempt();
    if (!failure) return { host, attempts };
    const pauseMs = Math.max(retryDelaysMs[attempts - 1] ?? Infinity, failure.retryAfterMs ?? 0);
    if (failure.kind !== 'temporary' || Date.now() + pauseMs >= deadline) throw withAttempts(failure, attempts);
    await pause(pauseMs, signal);
  }

  async function attempt(): Promise<Failure | undefined> {
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      ...signBody(body, secret, Date.now()),
    };
    const timeoutMs = Math.min(ATTEMPT_LIMIT_MS, deadline - Date.now());
    try {
      await sendRequest({ url, headers, body, timeoutMs, signal, proxies });
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NOT_TOLD') throw error;
      return error;
    }
  }
}

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(durationMs, undefined, { ...(signal && { signal }) });
  } catch (error) {
    throw signal?.reason instanceof Failure ? signal.reason : error;
  }
}

function withAttempts({ kind, message, code, retryAfterMs, cause }: Failure, attempts: number): Failure {
  const counted = attempts === 1 ? message : `${message} (${attempts} attempts)`;
  const hint =
    kind === 'temporary'
      ? 'no training was recorded: the next run sends it again'
      : 'check the URL, and that the receiver has the same CHARTCTL_WEBHOOK_SECRET';
  return new Failure(kind, counted, { hint, code, retryAfterMs, cause });
}

/**
 * The headers that authenticate a body and the time of its sending.
 *
 * The signature is HMAC-SHA256 over the timestamp, a dot and the body. Because it covers the timestamp, a captured
 * message cannot be replayed much later.
 *
 * @param timeMs the time of sending, epoch milliseconds; the header holds whole seconds
 */
export function signBody(body: string, secret: string, timeMs: number): Record<string, string> {
  const timestamp = String(Math.floor(timeMs / 1000));
  const digest = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'X-Chartctl-Timestamp': timestamp, 'X-Chartctl-Signature': `sha256=${digest}` };
}
