export const FALLBACK_NAMES = ['bybit', 'okx', 'kraken', 'coinbase'] as const;
/** An exchange that can stand in for Binance. */
export type FallbackName = (typeof FALLBACK_NAMES)[number];

/** Where candles are asked for. */
export interface ExchangeConfig {
  /** Base URLs of Binance, tried in order. */
  binanceUrls: string[];
  /** Fallback exchanges, asked in order. */
  fallbacks: { name: FallbackName; url: string }[];
}
