import { parseInstant } from '../../../core/parse-time.js';
import type { AsOf } from '../../../tables/past/instant.js';

/** A past instant. */
export const AS_OF_OPTION: [string, string] = [
  '--as-of <time|job>',
  "the rows as they were at this time (by the database's clock) or at the end of this job, from the audit log",
];

/** First versions only. */
export const KNOWN_WITHIN_OPTION: [string, string] = [
  '--known-within <duration>',
  'of each row the version that was stored first, if within this time after its minute had closed (such as 2m)',
];

/**
 * A job by its number, or a time.
 *
 * @throws Failure (usage) for anything else
 * @example parseAsOf('17') // { job: 17 }
 */
export function parseAsOf(text: string): AsOf {
  return /^[0-9]+$/.test(text) ? { job: Number(text) } : { time: parseInstant(text) };
}
