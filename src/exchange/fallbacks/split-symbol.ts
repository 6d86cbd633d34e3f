import { Failure } from '../../core/failure.js';
import type { Pair } from './fallback-exchange.js';

/** Quote assets of Binance. A longer name stands before a shorter one that it ends with. */
const QUOTE_ASSETS = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USDP',
  'USD1',
  'USD',
  'DAI',
  'EURI',
  'EUR',
  'GBP',
  'TRY',
  'BRL',
  'JPY',
  'ARS',
  'COP',
  'CZK',
  'MXN',
  'PLN',
  'RON',
  'UAH',
  'ZAR',
  'AUD',
  'RUB',
  'IDR',
  'NGN',
  'BTC',
  'ETH',
  'BNB',
  'SOL',
  'XRP',
  'TRX',
  'DOGE',
];

/**
 * Splits a symbol at a known quote asset.
 *
 * @throws Failure `UNKNOWN_QUOTE`: other exchanges write a pair as two assets, and a guess could fetch another market
 * @example splitSymbol('BTCUSDT') // { base: 'BTC', quote: 'USDT' }
 */
export function splitSymbol(symbol: string): Pair {
  const quote = QUOTE_ASSETS.find((asset) => symbol.endsWith(asset) && symbol.length > asset.length);
  if (quote) return { base: symbol.slice(0, -quote.length), quote };
  throw new Failure('failed', `the quote asset of "${symbol}" was not recognised`, {
    code: 'UNKNOWN_QUOTE',
    hint: `symbols whose price is in ${QUOTE_ASSETS.slice(0, 4).join(', ')}... can be requested from fallback exchanges`,
  });
}
