import { Failure } from './failure.js';
import { MINUTE_MS, formatMinute, type Minute } from './minute.js';
import { countMinutes, formatRange, type MinuteRange } from './range.js';

/** The cuts of a range: by shares of its minutes in percent, or at times. */
export type Cuts = { shares: readonly number[] } | { times: readonly Minute[] };

/** How rows are divided by time into parts for training and for checking the trained model. */
export interface TimeSplit {
  /** Where the parts end. */
  cuts: Cuts;
  /** Minutes that are left out before each cut. */
  embargoMinutes: number;
}

/** What a part is for. */
export type PartName = 'train' | 'validation' | 'test';

/** A part of a split range, the earliest first. */
export interface SplitPart {
  name: PartName;
  range: MinuteRange;
  /** The minutes between this part and the next one; null after the last part, or without embargo. */
  embargo: MinuteRange | null;
}

/** The names of the parts, by their number. */
const PART_NAMES: Readonly<Record<number, readonly PartName[]>> = {
  2: ['train', 'test'],
  3: ['train', 'validation', 'test'],
};

/**
 * Divides a range by time: every row of a part is older than every row of the next one, whatever its symbol.
 *
 * The last minutes before a cut, the embargo, belong to no part, because their prediction targets lie behind
 * the cut. It is the `gap` of scikit-learn's TimeSeriesSplit. A share is rounded to the whole minute.
 *
 * @throws Failure (usage) when the sum of the shares is not 100, a cut lies outside the range, or a part is empty
 */
export function splitRangeByTime(range: MinuteRange, { cuts, embargoMinutes }: TimeSplit): SplitPart[] {
  const times = 'times' in cuts ? requireInside(range, cuts.times) : toCutTimes(range, cuts.shares);
  const names = PART_NAMES[times.length + 1];
  if (!names) throw new Failure('usage', `the split has ${times.length + 1} parts, expected 2 or 3`);
  const ends = [range.from, ...times, range.to];
  return names.map((name, i) => {
    const [from, to] = [ends[i]!, ends[i + 1]!];
    const isLast = i === times.length;
    const keptTo = isLast ? to : to - embargoMinutes * MINUTE_MS;
    if (keptTo <= from) throw toEmptyPartFailure(name, { from, to }, isLast ? 0 : embargoMinutes);
    return { name, range: { from, to: keptTo }, embargo: keptTo < to ? { from: keptTo, to } : null };
  });
}

function requireInside(range: MinuteRange, times: readonly Minute[]): readonly Minute[] {
  const outside = times.find((time) => time <= range.from || time >= range.to);
  if (outside === undefined) return times;
  throw new Failure('usage', `the cut at ${formatMinute(outside)} is not inside ${formatRange(range)}`, {
    hint: 'a cut is later than the first minute and earlier than the end',
  });
}

/** Whether these are two or three shares with the sum 100. */
export function areValidShares(shares: readonly number[]): boolean {
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.length in PART_NAMES && shares.every((share) => share > 0) && Math.abs(sum - 100) < 1e-9;
}

function toCutTimes(range: MinuteRange, shares: readonly number[]): Minute[] {
  if (!areValidShares(shares)) {
    throw new Failure('usage', `the shares of the split were ${shares.join('/')}`, {
      hint: 'expected two or three shares with the sum 100, such as 80/20',
    });
  }
  let sum = 0;
  return shares.slice(0, -1).map((share) => {
    sum += share;
    return range.from + Math.round((countMinutes(range) * sum) / 100) * MINUTE_MS;
  });
}

function toEmptyPartFailure(name: PartName, range: MinuteRange, embargoMinutes: number): Failure {
  const minutes = countMinutes(range);
  const less = embargoMinutes > 0 ? `, of which the embargo takes ${embargoMinutes}` : '';
  return new Failure('usage', `the ${name} part would be empty: it has ${minutes} min${less}`, {
    hint: 'give a longer range, other parts, or a shorter --embargo',
  });
}
