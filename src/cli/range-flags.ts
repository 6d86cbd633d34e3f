import type { MinuteRange } from '../core/range.js';
import type { Flags } from './flags.js';

/**
 * The range of `--from` and `--to`, which go together; undefined when neither is given.
 *
 * @param others flags that say the range in another way: at most one way may be used
 */
export function readRange(flags: Flags, ...others: string[]): MinuteRange | undefined {
  const ends = ['--from', '--to'].filter((flag) => flags.isSet(flag));
  const ways = [...others.filter((flag) => flags.isSet(flag)), ...ends.slice(0, 1)];
  if (ways.length > 1) {
    flags.problems.add(`${ways.join(' and ')} exclude each other`, 'say the range in one way');
    return undefined;
  }
  flags.needs('--from', '--to');
  flags.needs('--to', '--from');
  const from = flags.minute('--from');
  const to = flags.minute('--to');
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return { from, to };
  const problem = from === to ? 'the range is empty: --from and --to are the same' : '--from is later than --to';
  flags.problems.add(problem, 'ranges are half-open: --from is in, --to is not');
  return undefined;
}

const UNITS = [
  { flag: '--minutes', minutes: 1, max: 5_256_000 },
  { flag: '--hours', minutes: 60, max: 87_600 },
  { flag: '--days', minutes: 1440, max: 3650 },
] as const;

/** The past minutes of `--minutes`, `--hours` or `--days`; undefined when none is given. */
export function readPastMinutes(flags: Flags): number | undefined {
  for (const { flag, minutes, max } of UNITS) {
    const count = flags.count(flag, { min: 1, max });
    if (count !== undefined) return count * minutes;
  }
  return undefined;
}
