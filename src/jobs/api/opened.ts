import type { Config } from '../../core/config.js';
import { openMarket } from '../../exchange/open-market.js';
import type { Market } from '../../exchange/market.js';
import { withStore, type Store } from '../../store/store.js';
import type { JobContext } from '../context.js';
import { configOfProcess } from './config-of-process.js';

/** What a call is handed, its last argument: what is open already, and where to find the rest. */
export interface Opened {
  /** An open database, from `openStore`; it stays open. Without it a call opens one and closes it again. */
  store?: Store | undefined;
  /** The exchanges, from `openMarket`; calls that share them share one rate budget. */
  exchange?: Market | undefined;
  /** Where to find what is not open; what it leaves out is configured as for the command. */
  config?: Partial<Config> | undefined;
  /** Stops the work between two transactions; its reason may be a `Failure`. */
  signal?: AbortSignal | undefined;
  /** Told what the command would print as a note, such as a wrong local clock. */
  onNotice?: ((message: string) => void) | undefined;
}

/** Runs `work` on what was handed in, opens what was not, and closes what it opened. */
export async function withOpened<T>(opened: Opened, work: (context: JobContext) => Promise<T>): Promise<T> {
  const { store, signal, onNotice } = opened;
  const { database, exchange } = opened.config ?? {};
  const market =
    opened.exchange ?? openMarket(exchange ?? (await configOfProcess()).exchange, { ...(onNotice && { onNotice }) });
  const workOn = (open: Store) => work({ store: open, market, signal, onNotice });
  return store ? workOn(store) : withStore(database ?? (await configOfProcess()).database, workOn);
}
