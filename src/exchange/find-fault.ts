import { CANDLE_FIELDS, isSound, type Candle } from '../core/candle.js';

/** Why a candle is not sound, as "volume was -1"; undefined for a sound one. */
export function findFault(candle: Candle): string | undefined {
  const sound: boolean = isSound(candle);
  if (sound) return undefined;
  const { open, high, low, close, volume } = candle;
  const missing = CANDLE_FIELDS.find((field) => !Number.isFinite(candle[field]));
  if (missing) return `${missing} was ${candle[missing]}, expected a number`;
  if (volume < 0) return `volume was ${volume}, expected at least 0`;
  const price = (['open', 'high', 'low', 'close'] as const).find((field) => candle[field] <= 0);
  if (price) return `${price} was ${candle[price]}, expected more than 0`;
  return `low was ${low} and high ${high}, expected open ${open} and close ${close} between them`;
}
