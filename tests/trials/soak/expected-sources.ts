import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { ExchangeFaults } from './exchange-faults.js';
import type { SoakMarket } from './soak-market.js';

/** Where a stored minute may come from; `later` is Binance's candle after its minute, if it ever has one. */
export type ExpectedSource = 'BINANCE' | 'FALLBACK' | 'later' | 'in time or later';

/** From where an undisturbed ingest of the newest minute takes it, by what the exchanges have. */
export function expectedSourceOf(
  { isDown, isLate, hidden }: ExchangeFaults,
  market: SoakMarket,
  symbol: string,
  minute: Minute,
): ExpectedSource {
  const isHidden = hidden?.symbol === symbol && hidden.range.from <= minute && minute < hidden.range.to;
  if (!isDown && !isLate && !isHidden && market.binance.get(symbol, minute)) return 'BINANCE';
  return market.bybit.get(symbol, minute) ? 'FALLBACK' : 'later';
}

/** What every minute's row must come from, written down while the simulation goes on. */
export class ExpectedSources {
  readonly #origins = new Map<string, Map<Minute, ExpectedSource>>();

  /** A minute that is not written down was missed: its candle came later, if ever. */
  sourceOf(symbol: string, minute: Minute): ExpectedSource {
    return this.#origins.get(symbol)?.get(minute) ?? 'later';
  }

  record(symbol: string, minute: Minute, origin: ExpectedSource): void {
    const known = this.#origins.get(symbol) ?? new Map<Minute, ExpectedSource>();
    if (origin !== 'later') known.set(minute, origin);
    this.#origins.set(symbol, known);
  }

  /** Forgets what was inspected. */
  forget(symbol: string, before: Minute): void {
    const known = this.#origins.get(symbol);
    for (const minute of known?.keys() ?? []) if (minute < before - MINUTE_MS) known!.delete(minute);
  }
}
