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
import { RULE_OPTIONS } from '../../quality/rules/rules.js';
import type { JobContext, Progress } from '../job.js';

/** Only whole numbers are valid unless `isFraction` is set. */
interface NumberLimits extends Limits {
  isFraction?: boolean;
}

/** The limits of the numeric options. */
const NUMBERS: Readonly<Record<string, NumberLimits>> = {
  window: LIMITS.window,
  days: LIMITS.days,
  ...Object.fromEntries(
    Object.entries(RULE_OPTIONS).map(([name, { min, max, isWhole }]) => [name, { min, max, isFraction: !isWhole }]),
  ),
  keepDays: LIMITS.keepDays,
  keepHistoryDays: LIMITS.keepHistoryDays,
  threshold: { ...LIMITS.share, isFraction: true },
  maxFallback: { ...LIMITS.share, isFraction: true },
  maxDrift: { ...LIMITS.share, isFraction: true },
  minNewRows: LIMITS.minNewRows,
  lockWaitMs: { min: 0, max: LIMITS.lockWaitSeconds.max * 1000, isFraction: true },
};

/** Options of every call: open resources, the configuration for the others, and callbacks. */
export interface Opened {
  /** An open database, from `openStore`; it stays open. Without it, each call opens and closes one. */
  store?: Store | undefined;
  /** The exchanges, from `openMarket`. Calls that share them share one rate limiter. */
  exchange?: Market | undefined;
  /** The configuration for `store` and `exchange` if they are not given. Missing parts are read as the command does. */
  config?: Partial<Config> | undefined;
  /** Stops the work between two transactions; its reason may be a `Failure`. */
  signal?: AbortSignal | undefined;
  /** Receives the messages that the command prints as notices, such as a wrong local clock. */
  onNotice?: ((message: string) => void) | undefined;
  /** Called frequently during a long call. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

interface OpenContext {
  context: JobContext;
  /** Closes only what `openContext` has opened. */
  close: () => Promise<void>;
}

/** Creates a context from the given resources, and opens the others. */
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
 * Runs `work` with an open context, and closes what was opened for it.
 *
 * @throws whatever `work` throws; errors of the database as `Failure`
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
 * Splits the last argument of a call into the common options and the options of the function.
 *
 * @throws Failure (usage) for a value that the command would reject
 */
export function splitOpened<Settings extends object>(options: Opened & Settings): [Opened, Settings] {
  const { store, exchange, config, signal, onNotice, onProgress, ...settings } = options;
  requireNumbers(settings);
  return [{ store, exchange, config, signal, onNotice, onProgress }, settings as unknown as Settings];
}

/**
 * Reads the configuration as the command does: from the environment of this process, then `.env` in its working
 * directory, then the configuration file.
 *
 * @throws Failure (usage) with all problems
 */
export async function configOfProcess(): Promise<Config> {
  const problems = new Problems();
  const configuration = await readConfiguration({ env: process.env, cwd: process.cwd() }, problems);
  problems.throwIfAny();
  return parseConfig(configuration, process.cwd());
}

/** @throws Failure (usage) if a numeric option is not a number within its limits */
function requireNumbers(settings: object): void {
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
