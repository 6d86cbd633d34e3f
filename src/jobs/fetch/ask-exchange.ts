import { Failure } from '../../core/failure.js';
import { findThrottle, saveThrottle } from '../../store/throttle.js';
import type { JobContext } from '../context.js';

const BINANCE = 'binance';
/** A ban without a stated end is taken to last this long. */
const DEFAULT_BAN_MS = 120_000;

/**
 * Asks Binance, unless a ban or a spent budget that any process met is still in force; one that is met now is remembered.
 *
 * @throws Failure (temporary) `THROTTLED` without any request, or whatever `ask` throws
 */
export async function askExchange<T>({ store }: JobContext, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure && (error.code === 'BANNED' || error.code === 'RATE_LIMITED')) {
      await saveThrottle(store.knex, BINANCE, error.retryAfterMs ?? DEFAULT_BAN_MS, error.message);
    }
    throw error;
  }
}

/** @throws Failure (temporary) `THROTTLED` while a ban or a spent budget is in force */
export async function requireNoThrottle(context: JobContext): Promise<void> {
  const failure = await findThrottleFailure(context);
  if (failure) throw failure;
}

/** The failure that every request would be, while a ban or a spent budget is in force. */
export async function findThrottleFailure({ store }: JobContext): Promise<Failure | null> {
  const throttle = await findThrottle(store.knex, BINANCE);
  if (!throttle) return null;
  return new Failure(
    'temporary',
    `Binance must be left alone until ${throttle.until.toISOString()}: ${throttle.reason}`,
    {
      code: 'THROTTLED',
      retryAfterMs: throttle.remainingMs,
      hint: 'try again after that time',
    },
  );
}
