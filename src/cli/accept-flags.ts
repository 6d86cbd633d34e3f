import type { Minute } from '../core/minute.js';
import type { Flags } from './flags.js';
import { parseMinute } from './parse-time.js';

/** Which flags are lifted by hand, and why. */
export interface AcceptChoice {
  minutes: Minute[] | 'all-open';
  reason: string;
}

/** What `--accept` (minutes, or `all-open`) and `--reason`, which go together, ask for. */
export function readAccept(flags: Flags): AcceptChoice | undefined {
  flags.needs('--accept', '--reason');
  flags.needs('--reason', '--accept');
  const texts = flags.texts('--accept');
  const reason = flags.text('--reason');
  if (texts.includes('all-open')) {
    if (texts.length > 1) flags.problems.add('--accept all-open and --accept TIME exclude each other');
    return reason === undefined ? undefined : { minutes: 'all-open', reason };
  }
  const minutes = texts.flatMap((text) => flags.problems.attempt(() => parseMinute(text)) ?? []);
  return reason === undefined || minutes.length === 0 ? undefined : { minutes, reason };
}
