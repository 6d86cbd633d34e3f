import { Failure } from '../core/failure.js';
import { LONGEST_WINDOW } from '../core/indicator-columns.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { areShares, splitByTime, type Cuts, type TimeSplit } from '../core/time-split.js';
import type { Flags } from './flags.js';
import { parseMinute } from './parse-time.js';

const MAX_EMBARGO = 525_600;

/** What the split divides, as far as the call says it. */
interface Divided {
  range: MinuteRange | undefined;
  /** How many minutes long the range is. */
  minutes: number;
}

/**
 * The parts of `--split` and `--embargo`; undefined without a split.
 *
 * What can be known without a clock is checked here: the cuts of a range that the call names, and the lengths of
 * the parts that shares make.
 */
export function readSplit(flags: Flags, { range, minutes }: Divided): TimeSplit | undefined {
  flags.needs('--embargo', '--split');
  const cuts = flags.parse('--split', parseCuts);
  const embargoMinutes = flags.count('--embargo', { min: 0, max: MAX_EMBARGO }) ?? LONGEST_WINDOW;
  if (!cuts) return undefined;
  const split = { cuts, embargoMinutes };
  const known = range ?? ('shares' in cuts ? { from: 0, to: minutes * MINUTE_MS } : undefined);
  if (known) flags.problems.attempt(() => splitByTime(known, split));
  return split;
}

/**
 * Two or three shares in percent, or one or two times.
 *
 * @throws Failure (usage) for anything else
 * @example parseCuts('70/15/15') // { shares: [70, 15, 15] }
 */
function parseCuts(text: string): Cuts {
  return text.includes('/') ? { shares: parseShares(text) } : { times: parseTimes(text) };
}

function parseShares(text: string): number[] {
  const shares = text.split('/').map((share) => (/^\d+(\.\d+)?$/.test(share.trim()) ? Number(share) : NaN));
  if (areShares(shares)) return shares;
  throw new Failure('usage', `--split was "${text}"`, {
    hint: 'expected two or three shares that make 100 together, such as 80/20 or 70/15/15',
  });
}

function parseTimes(text: string): Minute[] {
  const times = text.split(',').map((time) => parseMinute(time.trim()));
  if (times.length <= 2 && times.every((time, i) => i === 0 || time > times[i - 1]!)) return times;
  throw new Failure('usage', `--split was "${text}"`, {
    hint: 'expected one time, or two in order: the first minute of the test, or of the validation and of the test',
  });
}
