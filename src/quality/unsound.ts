import { CANDLE_FIELDS, type CandleField, type StoredCandle } from '../core/candle.js';

const PRICES = ['open', 'high', 'low', 'close'] as const;

/**
 * The first rule of soundness that a candle breaks, in words; null for a sound one.
 *
 * It agrees with `isSound` on every candle: there is a fault exactly where that says no.
 *
 * @example describeFault({ openTime: 0, open: 1, high: 2, low: 1, close: 3, volume: 0 }) // 'close 3 is above high 2'
 */
export function describeFault(candle: StoredCandle): string | null {
  const missing = CANDLE_FIELDS.filter((field) => candle[field] === null);
  if (missing.length > 0) return `${missing.join(', ')} missing`;
  const { open, high, low, close, volume } = candle as Record<CandleField, number>;
  const unusable = CANDLE_FIELDS.find((field) => !Number.isFinite(candle[field]));
  if (unusable) return `${unusable} is ${candle[unusable]}`;
  const notPositive = PRICES.find((field) => !(candle[field]! > 0));
  if (notPositive) return `${notPositive} ${candle[notPositive]} is not above 0`;
  if (volume < 0) return `volume ${volume} is below 0`;
  if (low > open) return `open ${open} is below low ${low}`;
  if (low > close) return `close ${close} is below low ${low}`;
  if (open > high) return `open ${open} is above high ${high}`;
  if (close > high) return `close ${close} is above high ${high}`;
  return null;
}
