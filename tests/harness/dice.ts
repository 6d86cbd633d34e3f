import { noiseOf } from '../../src/exchange/replay/noise.js';

/** Chance that falls the same way again for the same seed. */
export interface Dice {
  /** Uniform in (0, 1). */
  share(): number;
  /** A whole number from 0 up to but without `limit`. */
  below(limit: number): number;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** @param name keeps dice of one seed apart */
export function diceOf(seed: number, name = ''): Dice {
  const noise = noiseOf(`${seed} ${name}`);
  let thrown = 0;
  const share = () => noise.uniform(0, (thrown += 1));
  const below = (limit: number) => Math.floor(share() * limit);
  return { share, below, pick: (items) => items[below(items.length)]! };
}
