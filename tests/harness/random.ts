import { createNoise } from '../../src/exchange/replay/generate-candles.js';

/** Random numbers that are the same for the same seed. */
export interface Random {
  /** Uniform in (0, 1). */
  fraction(): number;
  /** A whole number in [0, limit). */
  integerBelow(limit: number): number;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** @param name separates the sequences of one seed */
export function createRandom(seed: number, name = ''): Random {
  const noise = createNoise(`${seed} ${name}`);
  let drawn = 0;
  const fraction = () => noise.uniform(0, (drawn += 1));
  const integerBelow = (limit: number) => Math.floor(fraction() * limit);
  return { fraction, integerBelow, pick: (items) => items[integerBelow(items.length)]! };
}
