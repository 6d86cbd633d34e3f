/**
 * How hard trials try. CI tries each fault a few times, with a seed that stays the same, or not at all where that would
 * take minutes; `npm run test:long` tries it as often as the README's table says, with a new seed or that of `--seed`.
 */
const LONG = 'CHARTCTL_TEST_LONG';
const SEED = 'CHARTCTL_TEST_SEED';
const SHORT_SEED = 20_230_324;
const SEED_LIMIT = 2 ** 31;

/** Whether this is the long version of the trials. */
export const isLong = process.env[LONG] === '1';

/** The seed of every random choice that a trial makes; print it, or give it to `concludeTrial`. */
export const SEED_OF_RUN = Number(process.env[SEED] ?? SHORT_SEED);

/** One of two sizes: CI's, or that of the long version. */
export function effort<T>(short: T, long: T): T {
  return isLong ? long : short;
}

/** For the runner: a seed that no run had yet. */
export function newSeed(): number {
  return Math.floor(Math.random() * SEED_LIMIT);
}

/** For the runner: what the processes of a long run find in their environment. */
export function longEnvironment(seed: number): Record<string, string> {
  return { [LONG]: '1', [SEED]: String(seed) };
}
