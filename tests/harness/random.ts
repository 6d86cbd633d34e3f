import { createNoise } from '../../src/exchange/replay/generate-candles.js';

/** Chance that falls the same way again for the same seed. */
export interface Random {
  /** Uniform in (0, 1). */
  fraction(): number;
  /** A whole number from 0 up to but without `limit`. */
  integerBelow(limit: number): number;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** @param name keeps dice of one seed apart */
export function createRandom(seed: number, name = ''): Random {
  const noise = createNoise(`${seed} ${name}`);
  let drawn = 0;
  const share = () => noise.uniform(0, (drawn += 1));
  const below = (limit: number) => Math.floor(share() * limit);
  return { fraction: share, integerBelow: below, pick: (items) => items[below(items.length)]! };
}
