import type { IncomingHttpHeaders } from 'node:http';
import { DAY_MS } from '../../core/minute.js';
import type { HttpResponse } from './http-transport.js';
import { RequestError } from './request-error.js';

/** Binance's error codes for transient conditions: disconnected, timeout, server busy. */
const TRANSIENT_CODES = new Set([-1001, -1007, -1008]);
const UNKNOWN_SYMBOL = -1121;

/**
 * The JSON body of a successful response.
 *
 * @param host named in messages
 * @throws RequestError for any other response; the status, Binance's error code and the headers decide its kind
 */
export function readResponse(response: HttpResponse, host: string, nowMs: number = Date.now()): unknown {
  const body = parseJson(response.text);
  const { code, msg } = readErrorBody(body);
  if (isSuccess(response.status) && body !== undefined && code === undefined) return body;
  throw classifyResponse(response, host, { code, text: msg ?? shorten(response.text), nowMs });
}

interface ErrorBody {
  code: number | undefined;
  text: string;
  nowMs: number;
}

function classifyResponse(response: HttpResponse, host: string, { code, text, nowMs }: ErrorBody): RequestError {
  const { status, headers } = response;
  const retryAfterMs = retryAfterOf(headers, nowMs);
  const message = `${host} answered ${status}${text ? `: ${text}` : ''}`;
  if (status === 418) {
    return new RequestError('banned', message, { retryAfterMs: retryAfterMs ?? banRemainingMs(response, nowMs) });
  }
  if (status === 429 || code === -1003) return new RequestError('limited', message, { retryAfterMs });
  if (status === 451) return restricted(host);
  if (status === 403) return new RequestError('blocked', message, { code: 'FORBIDDEN' });
  if (status >= 300 && status < 400) return redirected(response, host);
  if (code === UNKNOWN_SYMBOL) return new RequestError('refused', message, { code: 'UNKNOWN_SYMBOL' });
  if (status === 408 || status >= 500 || (code !== undefined && TRANSIENT_CODES.has(code))) {
    return new RequestError('server', message, { retryAfterMs });
  }
  if (isSuccess(status) && code === undefined) return notJson(response.text, host);
  return new RequestError('refused', message);
}

function restricted(host: string): RequestError {
  return new RequestError('blocked', `${host} does not serve this location (451)`, {
    code: 'RESTRICTED',
    hint: 'try CHARTCTL_BINANCE_URL=https://data-api.binance.vision, which serves market data only',
  });
}

function redirected({ status, headers }: HttpResponse, host: string): RequestError {
  const message = `${host} answered ${status}, a redirect to "${shorten(headers.location ?? '')}", which is not followed`;
  return new RequestError('blocked', message, { code: 'REDIRECTED', hint: 'is this the base URL of the exchange?' });
}

function notJson(text: string, host: string): RequestError {
  const what = /^\s*</.test(text) ? 'HTML' : `"${shorten(text)}"`;
  return new RequestError('invalid', `${host} answered with ${what}, expected JSON`);
}

/** Milliseconds until the ban ends, from "IP banned until 1672531200000". */
function banRemainingMs({ text, headers }: HttpResponse, nowMs: number): number | undefined {
  const until = /banned until (\d{13})/.exec(text)?.[1];
  return until === undefined ? undefined : waitUntil(Number(until), headers, nowMs);
}

function readErrorBody(body: unknown): { code: number | undefined; msg: string | undefined } {
  if (typeof body !== 'object' || body === null) return { code: undefined, msg: undefined };
  const msg = 'msg' in body ? body.msg : 'message' in body ? body.message : undefined;
  return {
    code: 'code' in body && typeof body.code === 'number' ? body.code : undefined,
    msg: typeof msg === 'string' ? shorten(msg) : undefined,
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

/** The longest ban that Binance gives: a longer wait in a response is an error of the server. */
const MAX_RETRY_AFTER_MS = 3 * DAY_MS;
/** As in `Sun, 01 Jun 2025 12:00:00 GMT`; `Date.parse` alone finds a time in `-5`, too. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The `date` header in epoch milliseconds, to the second; undefined if it is missing or invalid. */
export function serverTimeOf(headers: IncomingHttpHeaders): number | undefined {
  return parseHttpDate(headers.date?.trim() ?? '');
}

/**
 * The wait that the `retry-after` header asks for, in milliseconds, three days at most. The header holds seconds or a
 * time (RFC 9110, 10.2.3).
 *
 * @param nowMs what a time is compared with if the response has no `date`
 */
export function retryAfterOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_RETRY_AFTER_MS);
  const timeMs = parseHttpDate(text);
  return timeMs === undefined ? undefined : waitUntil(timeMs, headers, nowMs);
}

/** Milliseconds from the response's date to `timeMs`, 0 to three days. */
function waitUntil(timeMs: number, headers: IncomingHttpHeaders, nowMs: number): number {
  return Math.min(Math.max(0, timeMs - (serverTimeOf(headers) ?? nowMs)), MAX_RETRY_AFTER_MS);
}

function parseHttpDate(text: string): number | undefined {
  const timeMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
