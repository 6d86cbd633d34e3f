import type { FallbackExchange } from './fallback-exchange.js';

interface FallbackEntry {
  /** As in `CHARTCTL_FALLBACK`; the base URL is the setting `CHARTCTL_<NAME>_URL`. */
  name: string;
  /** The default base URL. */
  url: string;
  load: () => Promise<FallbackExchange>;
}

/**
 * The exchanges that can stand in for Binance, in the order in which they are tried by default. Settings, help and the
 * configuration's schema come from this list. An exchange is loaded when the first request to it is made.
 */
export const FALLBACKS = [
  { name: 'bybit', url: 'https://api.bybit.com', load: async () => (await import('./bybit.js')).bybit },
  { name: 'okx', url: 'https://www.okx.com', load: async () => (await import('./okx.js')).okx },
  { name: 'kraken', url: 'https://api.kraken.com', load: async () => (await import('./kraken.js')).kraken },
  {
    name: 'coinbase',
    url: 'https://api.exchange.coinbase.com',
    load: async () => (await import('./coinbase.js')).coinbase,
  },
] as const satisfies readonly FallbackEntry[];

/** An exchange that can stand in for Binance. */
export type FallbackName = (typeof FALLBACKS)[number]['name'];

export const FALLBACK_NAMES: readonly FallbackName[] = FALLBACKS.map(({ name }) => name);

export async function loadFallback(name: FallbackName): Promise<FallbackExchange> {
  return FALLBACKS.find((entry) => entry.name === name)!.load();
}
