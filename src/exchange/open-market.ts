import type { ExchangeConfig } from '../core/config.js';
import type { Market } from './market.js';

export interface MarketOptions {
  /** Requests in flight at most; 4 if not given. */
  concurrency?: number;
  /** How long one call may wait for rate limits, in milliseconds; 60 s if not given. */
  maxWaitMs?: number;
  /** Told about waits, retries and a changed base URL. */
  onNotice?: (message: string) => void;
}

/** Opens the exchanges that the configuration names; nothing is asked yet, and nothing needs closing. */
export function openMarket(_config: ExchangeConfig, _options: MarketOptions = {}): Market {
  throw new Error('not wired yet');
}
