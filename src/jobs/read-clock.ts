import { Failure } from '../core/failure.js';
import { DAY_MS, floorMinute, formatMinute, MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import { readDatabaseClock } from '../database/server-facts.js';
import type { ExchangeClock } from '../exchange/market.js';
import { type AsOf, findInstant } from '../tables/past/instant.js';
import { findThrottleFailure } from './fetch/binance-requests.js';
import type { JobContext } from './job.js';

/** From this difference on, a wrong local clock is reported. */
const SKEW_WARNING_MS = 2_000;
/** If Binance's clock is ahead of the local and the database's clock by more than this, it is taken to be wrong. */
const MAX_AHEAD_MS = DAY_MS;

/**
 * Reads the exchange's clock. A notice says when the local clock is used instead, or differs. During a ban or with a
 * spent budget no request is sent, and the local clock is used.
 *
 * @throws Failure (temporary) `CLOCKS_DISAGREE` when the exchange's clock is far ahead of this machine's and the
 * database's: a range that ends now would contain minutes of the future
 */
export async function readClock(context: JobContext): Promise<ExchangeClock> {
  const { market, signal, onNotice } = context;
  const throttled = await findThrottleFailure(context);
  const clock: ExchangeClock = throttled
    ? { nowMs: Date.now(), source: 'local', skewMs: null, problem: throttled.message }
    : await market.readClock(signal);
  if (clock.source === 'local') onNotice?.(`using the local clock: ${clock.problem ?? 'Binance returned no time'}`);
  else if (clock.skewMs !== null && Math.abs(clock.skewMs) >= SKEW_WARNING_MS) {
    if (clock.skewMs < -MAX_AHEAD_MS) await requireDatabaseClockAgrees(context, clock.nowMs);
    const seconds = (Math.abs(clock.skewMs) / 1000).toFixed(1);
    onNotice?.(
      `the local clock is ${seconds} s ${clock.skewMs > 0 ? 'ahead of' : 'behind'} Binance's; Binance's clock is used`,
    );
  }
  return clock;
}

async function requireDatabaseClockAgrees({ store }: JobContext, nowMs: number): Promise<void> {
  const database = await readDatabaseClock(store.knex);
  if (nowMs - database.getTime() <= MAX_AHEAD_MS) return;
  const [exchange, local, databaseTime] = [nowMs, Date.now(), database.getTime()].map((timeMs) =>
    new Date(timeMs).toISOString(),
  );
  throw new Failure(
    'temporary',
    `Binance's clock showed ${exchange}, this machine's ${local}, the database's ${databaseTime}`,
    {
      code: 'CLOCKS_DISAGREE',
      hint: "set this machine's clock (timedatectl set-ntp true); if it is right, try again later",
    },
  );
}

/**
 * A range that was asked for, without minutes later than the exchange's clock: rows there count for nothing. The clock is
 * only read when the range does not end in the past by the local one. The result is empty when nothing has closed yet.
 */
export async function withoutFuture(context: JobContext, range: MinuteRange): Promise<MinuteRange> {
  if (range.to <= floorMinute(Date.now())) return range;
  const end = floorMinute((await readClock(context)).nowMs);
  return { from: range.from, to: Math.max(range.from, Math.min(range.to, end)) };
}

/**
 * Cuts a range to its closed minutes; without a range, returns the past `minutes`.
 *
 * @throws Failure (usage) when nothing of the range has closed yet
 */
export function toClosedRange(range: MinuteRange | undefined, minutes: number, nowMs: number): MinuteRange {
  const end = floorMinute(nowMs);
  if (!range) return { from: end - minutes * MINUTE_MS, to: end };
  if (range.from < end) return { from: range.from, to: Math.min(range.to, end) };
  throw new Failure('usage', `${formatRange(range)} has not closed yet`, {
    hint: `the newest closed minute ends at ${formatMinute(end)}`,
  });
}

/**
 * The time of a past instant as the clock of a job that reads only; a notice says so.
 *
 * @param details what else the notice says of the state
 * @throws Failure as `findInstant`
 */
export async function readPastClock(
  { store, onNotice }: JobContext,
  asOf: AsOf,
  details = '',
): Promise<{ nowMs: number; source: 'past' }> {
  const { timeMs } = await findInstant(store.knex, asOf, []);
  onNotice?.(`the state at ${new Date(timeMs).toISOString()}${details}; causes of gaps are those that are known now`);
  return { nowMs: timeMs, source: 'past' };
}
