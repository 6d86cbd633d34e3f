import { formatDuration, parseDuration } from '../../../core/duration.js';
import { Failure } from '../../../core/failure.js';
import type { Limits } from '../../../core/limits.js';
import type { Flags } from './flags.js';

/** The duration of an option in milliseconds, within limits in milliseconds. */
export function readDuration(flags: Flags, flag: string, { min, max }: Limits): number | undefined {
  return flags.parse(flag, (text) => {
    const durationMs = toDuration(flag, text);
    if (durationMs >= min && durationMs <= max) return durationMs;
    const bounds = `${formatDuration(min)} to ${formatDuration(max)}`;
    throw new Failure('usage', `${flag} was "${text}"`, { hint: `expected a duration in the range ${bounds}` });
  });
}

function toDuration(flag: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('usage', `${flag} was "${text}"`, { hint: error.hint, cause: error });
  }
}
