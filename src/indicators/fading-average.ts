import { averageFrom } from './exponential-average.js';
import { WARM_UP } from './indicator.js';

/**
 * For each index the exponential average over `period` of the last `WARM_UP` numbers; older ones count as 0.
 *
 * The number of age k has the weight a * (1 - a)^k, a = 2 / (period + 1). A plain recursion never forgets: after
 * `WARM_UP` candles it still holds 1e-13 of a spike, which shows if the price fell by as much, and it keeps everything
 * while the price stands still. A value would then depend on whether the table still has the candles before.
 *
 * No number is added and subtracted again. The minutes are divided into blocks of `WARM_UP`, the same for every run: an
 * average is the recursion since the start of its block, plus the faded rest of the window, a sum over the end of the
 * block before it. So every run that reaches back `WARM_UP` numbers gives the same bits, whatever was before.
 *
 * @param changes the first number is that of a run's first candle, which has no change, and is left out
 * @param firstMinute the number of the run's first minute
 */
export function fadingAverages(changes: Float64Array, period: number, firstMinute: number): Float64Array {
  const averages = changes.slice();
  const weight = 2 / (period + 1);
  let endings: Float64Array = new Float64Array(0);
  for (let start = 1; start < changes.length;) {
    const block = averages.subarray(start, start + WARM_UP - placeInBlock(firstMinute + start));
    const nextEndings = sumEndings(block, weight);
    block[0]! *= weight;
    averageFrom(block, 0, period);
    addFaded(block, endings, 1 - weight);
    endings = nextEndings;
    start += block.length;
  }
  return averages;
}

/** Also for minutes before 1970, which are negative. */
function placeInBlock(minute: number): number {
  return ((minute % WARM_UP) + WARM_UP) % WARM_UP;
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

/** Adds to each average what its window covers of the block before, which is shorter at the start of a run. */
function addFaded(block: Float64Array, endings: Float64Array, share: number): void {
  const shift = 1 - (WARM_UP - endings.length);
  let fading = 1;
  for (let i = 0; i < block.length && i + shift < endings.length; i += 1) {
    fading *= share;
    block[i]! += fading * endings[Math.max(0, i + shift)]!;
  }
}
