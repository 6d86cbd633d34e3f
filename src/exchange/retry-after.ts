import type { IncomingHttpHeaders } from 'node:http';

/** What the `date` header says, to the second; undefined where there is none. */
export function serverTimeOf(headers: IncomingHttpHeaders): number | undefined {
  const timeMs = Date.parse(headers.date ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/**
 * How long the `retry-after` header asks to wait, in milliseconds; it counts seconds or names a time (RFC 9110, 10.2.3).
 *
 * @param nowMs the clock that a named time is measured by, where the answer has no `date` of its own
 */
export function retryAfterOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : Math.max(0, timeMs - (serverTimeOf(headers) ?? nowMs));
}
