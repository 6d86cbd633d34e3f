import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { ExchangeFaults } from './exchange-faults.js';
import type { SoakMarket } from './soak-market.js';

/** The expected source of a stored minute; `later` is Binance's candle by a later job, if Binance ever has one. */
export type ExpectedSource = 'BINANCE' | 'FALLBACK' | 'later' | 'in time or later';

/** The source from which an undisturbed ingest takes the newest minute. */
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

/** The expected source of each minute, recorded during the simulation. */
export class ExpectedSources {
  readonly #origins = new Map<string, Map<Minute, ExpectedSource>>();

  /** A minute without a record was missed by ingest: its candle comes later, if ever. */
  sourceOf(symbol: string, minute: Minute): ExpectedSource {
    return this.#origins.get(symbol)?.get(minute) ?? 'later';
  }

  record(symbol: string, minute: Minute, origin: ExpectedSource): void {
    const known = this.#origins.get(symbol) ?? new Map<Minute, ExpectedSource>();
    if (origin !== 'later') known.set(minute, origin);
    this.#origins.set(symbol, known);
  }

  /** Removes the records before a minute. */
  forget(symbol: string, before: Minute): void {
    const known = this.#origins.get(symbol);
    for (const minute of known?.keys() ?? []) if (minute < before - MINUTE_MS) known!.delete(minute);
  }
}
