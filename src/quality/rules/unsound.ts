import { CANDLE_FIELDS, type CandleField, type StoredCandle } from '../../core/candle.js';

const PRICES = ['open', 'high', 'low', 'close'] as const;

/** A rule of soundness that a candle breaks: the offending number, the bound it breaks, and both in words. */
export interface Fault {
  value: number | null;
  threshold: number | null;
  reason: string;
}

/**
 * The first rule of soundness that a candle breaks; null for a sound one.
 *
 * It agrees with `isSound` on every candle: there is a fault exactly where that says no.
 *
 * @example findFault({ openTime: 0, open: 1, high: 2, low: 1, close: 3, volume: 0 })
 * // { value: 3, threshold: 2, reason: 'close 3 is above high 2' }
 */
export function findFault(candle: StoredCandle): Fault | null {
  const missing = CANDLE_FIELDS.filter((field) => candle[field] === null);
  if (missing.length > 0) return { value: null, threshold: null, reason: `${missing.join(', ')} missing` };
  const { open, high, low, close, volume } = candle as Record<CandleField, number>;
  const unusable = CANDLE_FIELDS.find((field) => !Number.isFinite(candle[field]));
  if (unusable) return { value: candle[unusable], threshold: null, reason: `${unusable} is ${candle[unusable]}` };
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
  if (close > high) return broken('close', close, 'above high', high);
  return null;
}

/**
 * The first rule of soundness that a candle breaks, in words; null for a sound one.
 *
 * @example describeFault({ openTime: 0, open: 1, high: 2, low: 1, close: 3, volume: 0 }) // 'close 3 is above high 2'
 */
export function describeFault(candle: StoredCandle): string | null {
  return findFault(candle)?.reason ?? null;
}
