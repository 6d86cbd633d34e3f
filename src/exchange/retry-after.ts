import type { IncomingHttpHeaders } from 'node:http';

/** The longest ban that Binance gives: what an answer asks for beyond that is a mistake of its. */
export const LONGEST_WAIT_MS = 3 * 86_400_000;
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
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS);
  const timeMs = parseHttpDate(text);
  return timeMs === undefined ? undefined : waitUntil(timeMs, headers, nowMs);
}

/** Milliseconds from an answer's date to a time that it names: three days at most, and never less than nothing. */
export function waitUntil(timeMs: number, headers: IncomingHttpHeaders, nowMs: number): number {
  return Math.min(Math.max(0, timeMs - (serverTimeOf(headers) ?? nowMs)), LONGEST_WAIT_MS);
}

function parseHttpDate(text: string): number | undefined {
  const timeMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
