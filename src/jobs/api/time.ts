import { formatDuration, parseDuration } from '../../core/duration.js';
import { Failure } from '../../core/failure.js';
import { LIMITS } from '../../core/limits.js';
import { ceilMinute } from '../../core/minute.js';
import { parseInstant } from '../../core/parse-time.js';
import type { MinuteRange } from '../../core/range.js';
import type { AsOf } from '../../tables/past/instant.js';
import type { Versions } from '../export/training-reader.js';

/** An instant: a Date, epoch milliseconds, or ISO 8601 with `Z` or an offset. A date without time is its midnight in UTC. */
export type Time = Date | number | string;

/** @throws Failure (usage) for an invalid time, or ISO 8601 without an offset */
export function toInstant(time: Time): number {
  if (typeof time === 'string') return parseInstant(time);
  const instant = Number(time);
  if (Number.isFinite(new Date(instant).getTime())) return instant;
  throw new Failure('usage', `the time was ${String(time)}`, {
    hint: 'expected a Date, epoch milliseconds, or ISO 8601',
  });
}

/**
 * The minutes that open at or after `start` and before `end`.
 *
 * @throws Failure (usage) for an invalid time, or if there is no such minute
 */
export function toMinuteRange(start: Time, end: Time): MinuteRange {
  const [from, to] = [ceilMinute(toInstant(start)), ceilMinute(toInstant(end))];
  if (from < to) return { from, to };
  const times = [start, end].map((time) => new Date(toInstant(time)).toISOString()).join(' to ');
  throw new Failure('usage', `no minute opens in the range ${times}`, {
    hint: 'ranges are half-open: the start is included, the end is not',
  });
}

/** A past instant: a time by the database's clock, or the end of a job of `chartctl_jobs`. */
export type PastInstant = Time | { job: number };

/** Which versions of the rows are read; by default the present ones. */
export interface VersionOptions {
  /** The rows as they were at a past time, by the database's clock, or at the end of a job: `{ job: 17 }`. */
  asOf?: PastInstant | undefined;
  /**
   * Of each row the version that was stored first, if within this time after its minute had closed: milliseconds, or a text
   * such as `2m`. The other rows are left out.
   */
  knownWithin?: string | number | undefined;
}

/** @throws Failure (usage) for an invalid time, job number or duration */
export function toVersions({ asOf, knownWithin }: VersionOptions): Versions {
  return { asOf: toAsOf(asOf), knownWithinMs: toKnownWithinMs(knownWithin) };
}

function toKnownWithinMs(within: VersionOptions['knownWithin']): number | undefined {
  if (within === undefined) return undefined;
  const durationMs = typeof within === 'string' ? parseDuration(within) : within;
  const { min, max } = LIMITS.knownWithinMs;
  if (durationMs >= min && durationMs <= max) return durationMs;
  throw new Failure('usage', `knownWithin was ${within}`, {
    hint: `expected a duration of up to ${formatDuration(max)}`,
  });
}

function toAsOf(instant: PastInstant | undefined): AsOf | undefined {
  if (instant === undefined) return undefined;
  if (typeof instant !== 'object' || instant instanceof Date) return { time: toInstant(instant) };
  if (Number.isSafeInteger(instant.job) && instant.job > 0) return instant;
  throw new Failure('usage', `asOf.job was ${String(instant.job)}`, { hint: 'expected the number of a job' });
}
