import type { IncomingHttpHeaders } from 'node:http';
import type { HttpResponse } from './http-transport.js';
import { RequestError } from './request-error.js';

/** The longest ban that Binance gives: what an answer asks for beyond that is a mistake of its. */
export const MAX_RETRY_AFTER_MS = 3 * 86_400_000;
/** As in `Sun, 01 Jun 2025 12:00:00 GMT`; `Date.parse` alone finds a time in `-5`, too. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** What the `date` header says, to the second; undefined where there is none. */
export function serverTimeOf(headers: IncomingHttpHeaders): number | undefined {
  return parseHttpDate(headers.date?.trim() ?? '');
}

/**
 * How long the `retry-after` header asks to wait, in milliseconds, three days at most; it counts seconds or names a time
 * (RFC 9110, 10.2.3).
 *
 * @param nowMs the clock that a named time is measured by, where the answer has no `date` of its own
 */
export function retryAfterOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_RETRY_AFTER_MS);
  const timeMs = parseHttpDate(text);
  return timeMs === undefined ? undefined : waitUntil(timeMs, headers, nowMs);
}

/** Milliseconds from an answer's date to a time that it names: three days at most, and never less than nothing. */
export function waitUntil(timeMs: number, headers: IncomingHttpHeaders, nowMs: number): number {
  return Math.min(Math.max(0, timeMs - (serverTimeOf(headers) ?? nowMs)), MAX_RETRY_AFTER_MS);
}

function parseHttpDate(text: string): number | undefined {
  const timeMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Binance's codes for what may pass: disconnected, timeout, server busy. */
const TRANSIENT_CODES = new Set([-1001, -1007, -1008]);
const UNKNOWN_SYMBOL = -1121;

/**
 * The JSON of a good answer.
 *
 * @param host who is named in messages
 * @throws RequestProblem for everything else; the status, Binance's own code and the headers decide its kind
 */
export function readResponse(answer: HttpResponse, host: string, nowMs: number = Date.now()): unknown {
  const body = parseJson(answer.text);
  const { code, msg } = readErrorBody(body);
  if (isGood(answer.status) && body !== undefined && code === undefined) return body;
  throw classifyResponse(answer, host, { code, said: msg ?? shorten(answer.text), nowMs });
}

interface ErrorBody {
  code: number | undefined;
  said: string;
  nowMs: number;
}

function classifyResponse(answer: HttpResponse, host: string, { code, said, nowMs }: ErrorBody): RequestError {
  const { status, headers } = answer;
  const retryAfterMs = retryAfterOf(headers, nowMs);
  const problem = `${host} answered ${status}${said ? `: ${said}` : ''}`;
  if (status === 418)
    return new RequestError('banned', problem, { retryAfterMs: retryAfterMs ?? banRemainingMs(answer, nowMs) });
  if (status === 429 || code === -1003) return new RequestError('limited', problem, { retryAfterMs });
  if (status === 451) return restricted(host);
  if (status === 403) return new RequestError('blocked', problem, { code: 'FORBIDDEN' });
  if (status >= 300 && status < 400) return redirected(answer, host);
  if (code === UNKNOWN_SYMBOL) return new RequestError('refused', problem, { code: 'UNKNOWN_SYMBOL' });
  if (status === 408 || status >= 500 || (code !== undefined && TRANSIENT_CODES.has(code))) {
    return new RequestError('server', problem, { retryAfterMs });
  }
  if (isGood(status) && code === undefined) return notJson(answer.text, host);
  return new RequestError('refused', problem);
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
  return new RequestError('nonsense', `${host} answered with ${what}, expected JSON`);
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

function isGood(status: number): boolean {
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
