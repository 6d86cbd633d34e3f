import type { Candle } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';

/** The 12-field array in which Binance serves a candle: numbers as strings with 8 decimals. */
type KlineArray = [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  baseVolume: string,
  closeTime: number,
  quoteVolume: string,
  trades: number,
  takerBuyBase: string,
  takerBuyQuote: string,
  unused: string,
];

/** Converts a candle to Binance's form. Fields that a candle does not have (trades, takers) are invented. */
export function toKlineArray(candle: Candle): KlineArray {
  const quoteVolume = candle.volume * typicalPrice(candle);
  return [
    candle.openTime,
    decimals(candle.open),
    decimals(candle.high),
    decimals(candle.low),
    decimals(candle.close),
    decimals(candle.volume),
    candle.openTime + MINUTE_MS - 1,
    decimals(quoteVolume),
    candle.volume === 0 ? 0 : Math.max(1, Math.round(quoteVolume / 500)),
    decimals(candle.volume / 2),
    decimals(quoteVolume / 2),
    '0',
  ];
}

/** (high + low + close) / 3, instead of an unknown volume-weighted price. */
export function typicalPrice({ high, low, close }: Pick<Candle, 'high' | 'low' | 'close'>): number {
  return (high + low + close) / 3;
}

function decimals(value: number): string {
  return value.toFixed(8);
}
