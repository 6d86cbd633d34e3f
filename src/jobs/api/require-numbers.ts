import { Failure } from '../../core/failure.js';

/** Between which numbers a setting lies; whole ones only, unless it says otherwise. */
interface Limits {
  min: number;
  max: number;
  isFraction?: boolean;
}

/** The same limits as the command's flags have: beyond them a number is a slip, and some would delete or flag all. */
const LIMITS = {
  window: { min: 1, max: 5_256_000 },
  days: { min: 1, max: 366 },
  sigma: { min: 0.1, max: 100, isFraction: true },
  flatMinutes: { min: 2, max: 10_000 },
  keepDays: { min: 1, max: 36_500 },
  keepHistoryDays: { min: 1, max: 36_500 },
  threshold: { min: 0, max: 1, isFraction: true },
  maxFallback: { min: 0, max: 1, isFraction: true },
  minNewRows: { min: 1, max: 100_000_000 },
  lockWaitMs: { min: 0, max: 3_600_000, isFraction: true },
} as const satisfies Record<string, Limits>;

/** @throws Failure (usage) when a setting is no number within its limits */
export function requireNumbers(settings: object): void {
  for (const [name, limits] of Object.entries<Limits>(LIMITS)) {
    const given: unknown = (settings as Record<string, unknown>)[name];
    if (given !== undefined && !isWithin(given, limits)) throw toFailure(name, given, limits);
  }
}

function isWithin(given: unknown, { min, max, isFraction }: Limits): boolean {
  if (typeof given !== 'number' || !(isFraction || Number.isInteger(given))) return false;
  return given >= min && given <= max;
}

function toFailure(name: string, given: unknown, { min, max, isFraction }: Limits): Failure {
  return new Failure('usage', `${name} was ${String(given)}`, {
    hint: `expected a ${isFraction ? '' : 'whole '}number in the range ${min} to ${max}`,
  });
}
