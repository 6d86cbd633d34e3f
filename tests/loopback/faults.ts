import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAnswer, type ReplayAnswer } from '../../src/exchange/replay/start-replay.js';
import type { LoggedRequest } from './request-log.js';

/** A faulty response; fields can be combined. */
export interface Fault {
  delayMs?: number;
  status?: number;
  headers?: Record<string, string>;
  /** Replaces the body; other values than strings and buffers are written as JSON. */
  body?: unknown;
  /** Changes the parsed body, or the bytes of a zip. */
  change?: (body: never) => unknown;
  /** Resets the connection before a byte is sent. */
  reset?: boolean;
  /** Closes the connection in the middle of the body. */
  cut?: boolean;
  /** Sends one byte per this time, without end. */
  dripMs?: number;
}

/** The requests that a fault applies to. Default: all. */
export type Match = Partial<Pick<LoggedRequest, 'exchange' | 'symbol'>> & { path?: string };

/** Faults that real exchanges have shown, by name. */
export const fault = {
  serverError: (status = 503): Fault => ({ status, body: { code: -1000, msg: 'An unknown error occurred' } }),
  disconnected: (): Fault => ({
    status: 400,
    body: { code: -1001, msg: 'Internal error; unable to process your request.' },
  }),
  tooMany: (retryAfter?: number | string): Fault => ({
    status: 429,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    body: { code: -1003, msg: 'Too many requests queued.' },
  }),
  banned: (details: { retryAfterSeconds?: number; untilMs?: number }): Fault => ({
    status: 418,
    headers: details.retryAfterSeconds === undefined ? {} : { 'retry-after': String(details.retryAfterSeconds) },
    body: {
      code: -1003,
      msg: `Way too much request weight used; IP banned until ${details.untilMs ?? 0}. Please use WebSocket Streams.`,
    },
  }),
  restricted: (): Fault => ({
    status: 451,
    body: { code: 0, msg: "Service unavailable from a restricted location according to 'b. Eligibility'." },
  }),
  forbidden: (): Fault => ({
    status: 403,
    headers: { 'content-type': 'text/html' },
    body: '<html>403 Forbidden</html>',
  }),
  redirect: (location: string): Fault => ({ status: 302, headers: { location }, body: '' }),
  html: (): Fault => ({ headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Please wait</title>' }),
  empty: (): Fault => ({ body: [] }),
  reset: (): Fault => ({ reset: true }),
  cut: (): Fault => ({ cut: true }),
  drip: (dripMs = 50): Fault => ({ dripMs }),
  slow: (delayMs: number): Fault => ({ delayMs }),
} as const;

/** The fault of each request, if any. */
export type FaultSchedule = (request: LoggedRequest) => Fault | undefined;

/** The configured faults. */
export interface Faults {
  /** Applies to the next `times` matching requests. */
  next(fault: Fault, match?: Match, times?: number): void;
  /** Applies to every matching request until `clear()`. */
  always(fault: Fault, match?: Match): void;
  /** Applies to every request without another fault until `clear()`. */
  schedule(schedule: FaultSchedule): void;
  clear(): void;
}

export interface FaultQueue extends Faults {
  /** Takes the fault of this request, if there is one. */
  take(request: LoggedRequest): Fault | undefined;
}

export function createFaultQueue(): FaultQueue {
  let waiting: { fault: Fault; match: Match; left: number }[] = [];
  let schedule: FaultSchedule | undefined;
  return {
    next: (next, match = {}, times = 1) => waiting.push({ fault: next, match, left: times }),
    always: (always, match = {}) => waiting.push({ fault: always, match, left: Infinity }),
    schedule: (over) => (schedule = over),
    clear: () => {
      waiting = [];
      schedule = undefined;
    },
    take: (request) => {
      const hit = waiting.find(({ match }) => matches(request, match));
      if (!hit) return schedule?.(request);
      hit.left -= 1;
      if (hit.left <= 0) waiting = waiting.filter((entry) => entry !== hit);
      return hit.fault;
    },
  };
}

/** Sends a response with a fault; returns its status, 0 when the connection was broken. */
export async function sendFaulty(fault: Fault, answer: ReplayAnswer, response: ServerResponse): Promise<number> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs);
  const faulty = applyFault(fault, answer);
  if (fault.reset) response.socket?.resetAndDestroy();
  else if (fault.cut) sendHalf(faulty, response);
  else if (fault.dripMs !== undefined) await sendSlowly(fault.dripMs, faulty, response);
  else writeAnswer(faulty, response);
  return fault.reset || fault.cut || fault.dripMs !== undefined ? 0 : faulty.status;
}

function matches(request: LoggedRequest, match: Match): boolean {
  return (
    (match.exchange === undefined || match.exchange === request.exchange) &&
    (match.symbol === undefined || match.symbol === request.symbol) &&
    (match.path === undefined || request.path.includes(match.path))
  );
}

function applyFault({ status, headers, body, change }: Fault, answer: ReplayAnswer): ReplayAnswer {
  const changed = change ? (change as (body: unknown) => unknown)(parseBody(answer.body)) : body;
  const isRaw = typeof changed === 'string' || Buffer.isBuffer(changed);
  const text = changed === undefined ? answer.body : isRaw ? changed : JSON.stringify(changed);
  return { status: status ?? answer.status, headers: { ...answer.headers, ...headers }, body: text };
}

/** Zips are not parsed. */
function parseBody(body: string | Buffer): unknown {
  return typeof body === 'string' ? JSON.parse(body) : body;
}

function sendHalf(answer: ReplayAnswer, response: ServerResponse): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(Buffer.byteLength(answer.body)) });
  response.write(answer.body.slice(0, Math.ceil(answer.body.length / 2)), () => response.socket?.end());
}

async function sendSlowly(dripMs: number, answer: ReplayAnswer, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  const bytes = Buffer.from(answer.body);
  for (let i = 0; !response.destroyed; i += 1) {
    response.write(i < bytes.length ? bytes.subarray(i, i + 1) : ' ');
    await sleep(dripMs);
  }
}
