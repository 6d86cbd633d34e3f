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
