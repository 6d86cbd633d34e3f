import { CANDLE_FIELDS, isSound, type CandleField, type StoredCandle } from '../../core/candle.js';
import type { Rule, RuleMatch } from './rule.js';

export const unsound: Rule = {
  description: 'a candle that is not sound',
  isDefault: true,
  needs: 'unsound',
  options: {},
  evaluate: ({ unsound }) =>
    unsound.flatMap((candle) => {
      const fault = findFault(candle);
      return fault ? [{ openTime: candle.openTime, ...fault }] : [];
    }),
};

/** The number that makes a candle unsound, the bound that it breaks, and both in words. */
type Fault = Omit<RuleMatch, 'openTime'>;

/**
 * The first fault of a candle, in words; null for a sound one.
 *
 * @example describeFault({ openTime: 0, open: 1, high: 2, low: 1, close: 3, volume: 0 }) // 'close 3 is above high 2'
 */
export function describeFault(candle: StoredCandle): string | null {
  return findFault(candle)?.reason ?? null;
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

/** Explains why `isSound`, which alone decides, is false; null where it is true. */
function findFault(candle: StoredCandle): Fault | null {
  if (isSound(candle)) return null;
  const missing = CANDLE_FIELDS.filter((field) => candle[field] === null);
  if (missing.length > 0) return { value: null, threshold: null, reason: `${missing.join(', ')} missing` };
  const { open, high, low, close, volume } = candle as Record<CandleField, number>;
  const notFinite = CANDLE_FIELDS.find((field) => !Number.isFinite(candle[field]));
  if (notFinite) return { value: candle[notFinite], threshold: null, reason: `${notFinite} is ${candle[notFinite]}` };
  const broken = (name: string, value: number, claim: string, threshold: number): Fault => ({
    value,
    threshold,
    reason: `${name} ${value} is ${claim} ${threshold}`,
  });
  const notPositive = PRICES.find((field) => !(candle[field]! > 0));
  if (notPositive) return broken(notPositive, candle[notPositive]!, 'not above', 0);
  if (volume < 0) return broken('volume', volume, 'below', 0);
  if (low > open) return broken('open', open, 'below low', low);
  if (low > close) return broken('close', close, 'below low', low);
  if (open > high) return broken('open', open, 'above high', high);
  return broken('close', close, 'above high', high);
}
