import type { Config } from '../../core/config.js';
import type { Market } from '../../exchange/market.js';
import { openMarket } from '../../exchange/open-market.js';
import { toDatabaseFailure } from '../../store/connection/database-failure.js';
import { openStore, type Store } from '../../store/store.js';
import type { JobContext, Progress } from '../context.js';
import { configOfProcess } from './config-of-process.js';
import { requireNumbers } from './require-numbers.js';

/** What a call is handed in its last argument: what is open already, and where to find the rest. */
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
  /** Told how far a long call has come, often. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** A context to work in, and how to close of it what nobody handed in. */
export interface OpenContext {
  context: JobContext;
  close: () => Promise<void>;
}

/** Opens what was not handed in. */
export async function openContext(opened: Opened): Promise<OpenContext> {
  const { signal, onNotice, onProgress } = opened;
  const { database, exchange } = opened.config ?? {};
  const market =
    opened.exchange ?? openMarket(exchange ?? (await configOfProcess()).exchange, { ...(onNotice && { onNotice }) });
  const store = opened.store ?? (await openStore(database ?? (await configOfProcess()).database));
  const close = () => (opened.store ? Promise.resolve() : store.close());
  return { context: { store, market, signal, onNotice, onProgress }, close };
}

/**
 * Runs `work` on what was handed in, opens what was not, and closes what it opened.
 *
 * @throws what `work` throws; the database's errors as Failure
 */
export async function withOpened<T>(opened: Opened, work: (context: JobContext) => Promise<T>): Promise<T> {
  const { context, close } = await openContext(opened);
  try {
    return await work(context);
  } catch (error) {
    throw toDatabaseFailure(error, context.store.label);
  } finally {
    await close();
  }
}

/**
 * The two halves of a last argument: what is open, and what the function itself is told.
 *
 * @throws Failure (usage) for a setting that the command's flag would refuse
 */
export function splitOpened<Settings extends object>(options: Opened & Settings): [Opened, Settings] {
  const { store, exchange, config, signal, onNotice, onProgress, ...settings } = options;
  requireNumbers(settings);
  return [{ store, exchange, config, signal, onNotice, onProgress }, settings as unknown as Settings];
}
