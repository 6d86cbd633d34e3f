import { Failure } from '../../core/failure.js';
import { LIMITS, type Limits } from '../../core/limits.js';

/** Whole numbers only, unless it says otherwise. */
interface NumberLimits extends Limits {
  isFraction?: boolean;
}

/** What a program can set by number. */
const NUMBERS: Readonly<Record<string, NumberLimits>> = {
  window: LIMITS.window,
  days: LIMITS.days,
  sigma: { ...LIMITS.sigma, isFraction: true },
  flatMinutes: LIMITS.flatMinutes,
  keepDays: LIMITS.keepDays,
  keepHistoryDays: LIMITS.keepHistoryDays,
  threshold: { ...LIMITS.share, isFraction: true },
  maxFallback: { ...LIMITS.share, isFraction: true },
  minNewRows: LIMITS.minNewRows,
  lockWaitMs: { min: 0, max: LIMITS.lockWaitSeconds.max * 1000, isFraction: true },
};

/** @throws Failure (usage) when a setting is no number within its limits */
export function requireNumbers(settings: object): void {
  for (const [name, limits] of Object.entries(NUMBERS)) {
    const given: unknown = (settings as Record<string, unknown>)[name];
    if (given !== undefined && !isWithin(given, limits)) throw toFailure(name, given, limits);
  }
}

function isWithin(given: unknown, { min, max, isFraction }: NumberLimits): boolean {
  if (typeof given !== 'number' || !(isFraction || Number.isInteger(given))) return false;
  return given >= min && given <= max;
}

function toFailure(name: string, given: unknown, { min, max, isFraction }: NumberLimits): Failure {
  return new Failure('usage', `${name} was ${String(given)}`, {
    hint: `expected a ${isFraction ? '' : 'whole '}number in the range ${min} to ${max}`,
  });
}
