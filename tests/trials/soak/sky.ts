import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import type { SoakMarket } from './soak-market.js';

/** Where a stored minute may come from; `later` is Binance's candle after its minute, if it ever has one. */
export type Origin = 'BINANCE' | 'FALLBACK' | 'later' | 'in time or later';

/** How the exchanges are at the moment. */
export interface Sky {
  /** Binance does not answer with candles. */
  isDown: boolean;
  /** Candles are published after ingest has given up on them. */
  isLate: boolean;
  /** Minutes of one symbol that Binance does not have yet. */
  hidden: { symbol: string; range: MinuteRange } | null;
}

export const CLEAR_SKY: Sky = { isDown: false, isLate: false, hidden: null };

/** From where an undisturbed ingest of the newest minute takes it, by what the exchanges have. */
export function originOf({ isDown, isLate, hidden }: Sky, market: SoakMarket, symbol: string, minute: Minute): Origin {
  const isHidden = hidden?.symbol === symbol && hidden.range.from <= minute && minute < hidden.range.to;
  if (!isDown && !isLate && !isHidden && market.binance.get(symbol, minute)) return 'BINANCE';
  return market.bybit.get(symbol, minute) ? 'FALLBACK' : 'later';
}

/** What every minute's row must come from, written down while the simulation goes on. */
export class Ledger {
  readonly #origins = new Map<string, Map<Minute, Origin>>();

  /** A minute that is not written down was missed: its candle came later, if ever. */
  origin(symbol: string, minute: Minute): Origin {
    return this.#origins.get(symbol)?.get(minute) ?? 'later';
  }

  note(symbol: string, minute: Minute, origin: Origin): void {
    const known = this.#origins.get(symbol) ?? new Map<Minute, Origin>();
    if (origin !== 'later') known.set(minute, origin);
    this.#origins.set(symbol, known);
  }

  /** Forgets what was inspected. */
  forget(symbol: string, before: Minute): void {
    const known = this.#origins.get(symbol);
    for (const minute of known?.keys() ?? []) if (minute < before - MINUTE_MS) known!.delete(minute);
  }
}
