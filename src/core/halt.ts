import { formatMinute, type Minute } from './minute.js';

/** The state of a symbol with stored rows that Binance does not know any more. */
export const REMOVED_STATE = 'REMOVED';

/** Why Binance has no newer candle of a symbol: it does not trade it. */
export interface Halt {
  /** Binance's state of the symbol: `BREAK`, `HALT`...; `REMOVED` when Binance does not list it any more. */
  state: string;
  /** The first minute without a candle of Binance; null when there never was one. */
  since: Minute | null;
}

/**
 * The halt in words.
 *
 * @example formatHalt({ state: 'BREAK', since: 1748599200000 }) // 'halted at Binance (BREAK), since 2025-05-30T10:00Z'
 */
export function formatHalt({ state, since }: Halt): string {
  const what = state === REMOVED_STATE ? 'not listed at Binance any more' : `halted at Binance (${state})`;
  return since === null ? what : `${what}, since ${formatMinute(since)}`;
}
