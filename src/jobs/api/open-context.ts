import { type Config, parseConfig } from '../../config/config.js';
import { Problems } from '../../config/problems.js';
import { readConfiguration } from '../../config/read-configuration.js';
import { Failure } from '../../core/failure.js';
import { describeNumber, type Limits, LIMITS } from '../../core/limits.js';
import { toDatabaseFailure } from '../../database/connection/database-failure.js';
import { openStore } from '../../database/open-store.js';
import type { Store } from '../../database/store.js';
import type { Market } from '../../exchange/market.js';
import { openMarket } from '../../exchange/open-market.js';
import type { JobContext, Progress } from '../job.js';

/**
 * The configuration that the command would find here: this process's environment over `.env` in its working directory
 * over the configuration file.
 *
 * @throws Failure (usage) that names everything wrong with it
 */
export async function configOfProcess(): Promise<Config> {
  const problems = new Problems();
  const configuration = await readConfiguration({ env: process.env, cwd: process.cwd() }, problems);
  problems.throwIfAny();
  return parseConfig(configuration, process.cwd());
}

/** Whole numbers only, unless it says otherwise. */
interface NumberLimits extends Limits {
  isFraction?: boolean;
}

/** What a program can set by number. */
const NUMBERS: Readonly<Record<string, NumberLimits>> = {
  window: LIMITS.window,
  days: LIMITS.days,
  sigma: { ...LIMITS.sigma, isFraction: true },
  flatMinutes: LIMITS.flatMinutes,
  keepDays: LIMITS.keepDays,
  keepHistoryDays: LIMITS.keepHistoryDays,
  threshold: { ...LIMITS.share, isFraction: true },
  maxFallback: { ...LIMITS.share, isFraction: true },
  minNewRows: LIMITS.minNewRows,
  lockWaitMs: { min: 0, max: LIMITS.lockWaitSeconds.max * 1000, isFraction: true },
};

/** @throws Failure (usage) when a setting is no number within its limits */
export function requireNumbers(settings: object): void {
  for (const [name, limits] of Object.entries(NUMBERS)) {
    const given: unknown = (settings as Record<string, unknown>)[name];
    if (given !== undefined && !isWithin(given, limits)) throw toFailure(name, given, limits);
  }
}

function isWithin(given: unknown, { min, max, isFraction }: NumberLimits): boolean {
  if (typeof given !== 'number' || !(isFraction || Number.isInteger(given))) return false;
  return given >= min && given <= max;
}

function toFailure(name: string, given: unknown, limits: NumberLimits): Failure {
  return new Failure('usage', `${name} was ${String(given)}`, {
    hint: `expected ${describeNumber(limits, !limits.isFraction)}`,
  });
}

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
