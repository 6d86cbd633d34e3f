import { diceOf, type Dice } from '../harness/dice.js';
import type { Fault, Weather } from './faults.js';
import type { LoggedRequest } from './request-log.js';

/** One way in which an answer goes wrong; undefined for a request that cannot go wrong this way. */
export type StormKind = (dice: Dice, request: LoggedRequest) => Fault | undefined;

export interface StormOptions {
  seed: number;
  /** How many of all answers go wrong: 0 to 1. */
  chance: number;
  /** What may go wrong, by name, and how often beside the others; a kind that is not named has the weight 1. */
  kinds: Readonly<Record<string, StormKind>>;
  weights?: Readonly<Record<string, number>>;
}

/** Bad weather over the loopback exchange: each answer goes wrong by chance, the same way again for the same seed. */
export interface Storm {
  /** To be given to `faults.storm`. */
  weather: Weather;
  /** Answers that it saw, and what became of them. */
  answers: number;
  hits: Map<string, number>;
}

export function startStorm({ seed, chance, kinds, weights = {} }: StormOptions): Storm {
  const dice = diceOf(seed, 'storm');
  const names = Object.keys(kinds);
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 1), 0);
  const choose = () => {
    let left = dice.share() * total;
    return names.find((name) => (left -= weights[name] ?? 1) < 0) ?? names.at(-1)!;
  };
  const storm: Storm = { weather: () => undefined, answers: 0, hits: new Map() };
  storm.weather = (request) => {
    storm.answers += 1;
    if (dice.share() >= chance) return undefined;
    const name = choose();
    const fault = kinds[name]!(dice, request);
    if (fault) storm.hits.set(name, (storm.hits.get(name) ?? 0) + 1);
    return fault;
  };
  return storm;
}
