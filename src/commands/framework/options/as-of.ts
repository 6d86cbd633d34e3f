import { parseInstant } from '../../../core/parse-time.js';
import type { AsOf } from '../../../tables/past/instant.js';

/** A past instant. */
export const AS_OF_OPTION: [string, string] = [
  '--as-of <time|job>',
  "the rows as they were at this time (by the database's clock) or at the end of this job, from the audit log",
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
