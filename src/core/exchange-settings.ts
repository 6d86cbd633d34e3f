import type { Setting } from './setting.js';
import { URL_EXPECTED, URL_SCHEMA } from './url-setting.js';

export const FALLBACK_NAMES = ['bybit', 'okx', 'kraken', 'coinbase'] as const;
/** An exchange that can stand in for Binance. */
export type FallbackName = (typeof FALLBACK_NAMES)[number];

function fallbackUrl<const N extends FallbackName>(name: N, url: string) {
  return {
    key: `fallbackUrls.${name}`,
    variable: `CHARTCTL_${name.toUpperCase()}_URL`,
    meaning: `the base URL of ${name}`,
    expected: URL_EXPECTED,
    schema: URL_SCHEMA,
    default: url,
  } as const satisfies Setting;
}

/** Which exchanges are asked, and where they are. */
export const EXCHANGE_SETTINGS = [
  {
    key: 'binanceUrls',
    variable: 'CHARTCTL_BINANCE_URL',
    meaning: 'base URLs of Binance, tried in order',
    expected: URL_EXPECTED,
    schema: { type: 'array', items: URL_SCHEMA, minItems: 1 },
    default: ['https://api.binance.com', 'https://data-api.binance.vision'],
  },
  {
    key: 'fallback',
    variable: 'CHARTCTL_FALLBACK',
    meaning: 'exchanges that stand in for Binance, asked in order; empty for none',
    expected: `some of ${FALLBACK_NAMES.join(', ')}; each once`,
    schema: { type: 'array', items: { enum: FALLBACK_NAMES }, uniqueItems: true },
    default: FALLBACK_NAMES,
  },
  fallbackUrl('bybit', 'https://api.bybit.com'),
  fallbackUrl('okx', 'https://www.okx.com'),
  fallbackUrl('kraken', 'https://api.kraken.com'),
  fallbackUrl('coinbase', 'https://api.exchange.coinbase.com'),
] as const satisfies readonly Setting[];
