import type { HttpAnswer } from './http-transport.js';
import { RequestProblem } from './request-problem.js';
import { retryAfterOf, waitUntil } from './retry-after.js';

/** Binance's codes for what may pass: disconnected, timeout, server busy. */
const PASSING_CODES = new Set([-1001, -1007, -1008]);
const UNKNOWN_SYMBOL = -1121;

/**
 * The JSON of a good answer.
 *
 * @param host who is named in messages
 * @throws RequestProblem for everything else; the status, Binance's own code and the headers decide its kind
 */
export function readAnswer(answer: HttpAnswer, host: string, nowMs: number = Date.now()): unknown {
  const body = parseJson(answer.text);
  const { code, msg } = readComplaint(body);
  if (isGood(answer.status) && body !== undefined && code === undefined) return body;
  throw judge(answer, host, { code, said: msg ?? shorten(answer.text), nowMs });
}

interface Complaint {
  code: number | undefined;
  said: string;
  nowMs: number;
}

function judge(answer: HttpAnswer, host: string, { code, said, nowMs }: Complaint): RequestProblem {
  const { status, headers } = answer;
  const retryAfterMs = retryAfterOf(headers, nowMs);
  const problem = `${host} answered ${status}${said ? `: ${said}` : ''}`;
  if (status === 418)
    return new RequestProblem('banned', problem, { retryAfterMs: retryAfterMs ?? banLeft(answer, nowMs) });
  if (status === 429 || code === -1003) return new RequestProblem('limited', problem, { retryAfterMs });
  if (status === 451) return restricted(host);
  if (status === 403) return new RequestProblem('blocked', problem, { code: 'FORBIDDEN' });
  if (status >= 300 && status < 400) return redirected(answer, host);
  if (code === UNKNOWN_SYMBOL) return new RequestProblem('refused', problem, { code: 'UNKNOWN_SYMBOL' });
  if (status === 408 || status >= 500 || (code !== undefined && PASSING_CODES.has(code))) {
    return new RequestProblem('server', problem, { retryAfterMs });
  }
  if (isGood(status) && code === undefined) return nonsense(answer.text, host);
  return new RequestProblem('refused', problem);
}

function restricted(host: string): RequestProblem {
  return new RequestProblem('blocked', `${host} does not serve this location (451)`, {
    code: 'RESTRICTED',
    hint: 'try CHARTCTL_BINANCE_URL=https://data-api.binance.vision, which serves market data only',
  });
}

function redirected({ status, headers }: HttpAnswer, host: string): RequestProblem {
  const message = `${host} answered ${status}, a redirect to "${shorten(headers.location ?? '')}", which is not followed`;
  return new RequestProblem('blocked', message, { code: 'REDIRECTED', hint: 'is this the base URL of the exchange?' });
}

function nonsense(text: string, host: string): RequestProblem {
  const what = /^\s*</.test(text) ? 'HTML' : `"${shorten(text)}"`;
  return new RequestProblem('nonsense', `${host} answered with ${what}, expected JSON`);
}

/** Milliseconds until the ban ends, from "IP banned until 1672531200000". */
function banLeft({ text, headers }: HttpAnswer, nowMs: number): number | undefined {
  const until = /banned until (\d{13})/.exec(text)?.[1];
  return until === undefined ? undefined : waitUntil(Number(until), headers, nowMs);
}

function readComplaint(body: unknown): { code: number | undefined; msg: string | undefined } {
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
