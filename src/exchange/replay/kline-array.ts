import type { Candle } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';

/** The raw 12-field array in which Binance serves a candle: numbers as strings with 8 decimals. */
export type KlineArray = [
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

/** Dresses a candle as Binance would serve it. What a candle does not know (trades, takers) is invented. */
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

/**
 * The candle as it stands while its minute is still running.
 *
 * @param elapsed the share of the minute that has passed, 0 to 1
 */
export function toOpenCandle(candle: Candle, elapsed: number): Candle {
  const part = (value: number) => Number((candle.open + (value - candle.open) * elapsed).toFixed(8));
  return {
    openTime: candle.openTime,
    open: candle.open,
    high: part(candle.high),
    low: part(candle.low),
    close: part(candle.close),
    volume: Number((candle.volume * elapsed).toFixed(8)),
  };
}

/** (high + low + close) / 3: stands for the volume-weighted price where none is known. */
export function typicalPrice({ high, low, close }: Pick<Candle, 'high' | 'low' | 'close'>): number {
  return (high + low + close) / 3;
}

function decimals(value: number): string {
  return value.toFixed(8);
}
