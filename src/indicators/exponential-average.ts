import { ema } from 'indicatorts';

/** Numbers passed to indicatorts at a time: few enough to stay in the processor's first-level cache. */
const BLOCK = 512;

/** indicatorts only reads its input's length and elements, so a typed array can be passed without copying. */
const average = ema as (values: ArrayLike<number>, config: { period: number }) => number[];

/**
 * Replaces the numbers after `first` by their exponential average over `period`; the number at `first` is its start.
 *
 * Each average weighs the newest number with 2 / (period + 1) and the last average with the rest. indicatorts'
 * `ema` starts with the first number that it is given: a block that begins with the last average continues it.
 */
export function averageFrom(values: Float64Array, first: number, period: number): void {
  for (let start = first; start < values.length - 1; start += BLOCK) {
    const block = average(values.subarray(start, start + BLOCK + 1), { period });
    for (let i = 1; i < block.length; i += 1) values[start + i] = block[i]!;
  }
}

/** The plain mean of `values[start]` up to, not including, `values[end]`. */
export function meanOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i += 1) sum += values[i]!;
  return sum / (end - start);
}

/** What `fadingAverages` averages over. */
interface Fading {
  period: number;
  /** The number of changes that count. */
  window: number;
  /** The number of the run's first minute. */
  firstMinute: number;
}

/**
 * For each index the exponential average over `period` of the last `window` numbers; older ones count as 0.
 *
 * The number of age k has the weight a * (1 - a)^k, a = 2 / (period + 1). A plain recursion never forgets: after 400
 * candles it still holds 1e-13 of a spike, which shows if the price fell by as much, and it keeps everything while the
 * price stands still. A value would then depend on whether the table still has the candles before.
 *
 * No number is added and subtracted again. The minutes are divided into blocks of `window`, the same for every run: an
 * average is the recursion since the start of its block, plus the faded rest of the window, a sum over the end of the
 * block before it. So every run that reaches back `window` numbers gives the same bits, whatever was before.
 *
 * @param changes the first number is that of a run's first candle, which has no change, and is left out
 */
export function fadingAverages(changes: Float64Array, { period, window, firstMinute }: Fading): Float64Array {
  const averages = changes.slice();
  const weight = 2 / (period + 1);
  let endings: Float64Array = new Float64Array(0);
  for (let start = 1; start < changes.length;) {
    const block = averages.subarray(start, start + window - remainderOf(firstMinute + start, window));
    const nextEndings = sumEndings(block, weight);
    block[0]! *= weight;
    averageFrom(block, 0, period);
    addFaded(block, endings, endings.length - window, 1 - weight);
    endings = nextEndings;
    start += block.length;
  }
  return averages;
}

/** Also for minutes before 1970, which are negative; 0 for a time that is not a number, as in candles of untyped code. */
function remainderOf(minute: number, divisor: number): number {
  return ((minute % divisor) + divisor) % divisor || 0;
}

/** For each index of a block the weighted sum of the numbers from there to the block's end, as of that end. */
function sumEndings(block: Float64Array, weight: number): Float64Array {
  const endings = new Float64Array(block.length);
  let [sum, fading] = [0, weight];
  for (let i = block.length - 1; i >= 0; i -= 1) {
    sum += fading * block[i]!;
    endings[i] = sum;
    fading *= 1 - weight;
  }
  return endings;
}

/**
 * Adds to each average what its window covers of the block before.
 *
 * @param shift 0 for a whole block before it; negative for the first one of a run, by what it is shorter
 */
function addFaded(block: Float64Array, endings: Float64Array, shift: number, share: number): void {
  let fading = 1;
  for (let i = 0; i < block.length; i += 1) {
    const covered = i + 1 + shift;
    if (covered >= endings.length) return;
    fading *= share;
    block[i]! += fading * endings[Math.max(0, covered)]!;
  }
}
