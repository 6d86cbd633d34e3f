import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { Db, Transaction } from '../../database/store.js';
import { WINDOW_MINUTES, windowAt } from '../../quality/window.js';
import type { AsOf, Instant } from '../../tables/past/instant.js';
import { findNewestPastMinute } from '../../tables/past/past-rows.js';
import { findNewestMinutes } from '../../tables/rolling-chart-data/row-ends.js';
import type { JobContext } from '../job.js';
import { readClock, withoutFuture } from '../read-clock.js';

/** Which minutes were asked for. */
export interface AskedRange {
  range?: MinuteRange | undefined;
  /** The last closed minutes, without a range. */
  window?: number | undefined;
  asOf?: AsOf | undefined;
}

/**
 * How the minutes are chosen: the range that was asked for, or a window, which is the same for all symbols. It ends before
 * the newest minute while ingest may still be storing it for one of them, or might have been at the instant of `asOf`.
 */
export async function planRange(
  context: JobContext,
  { range, window = WINDOW_MINUTES, asOf }: AskedRange,
): Promise<(trx: Transaction | Db, symbols: readonly string[], instant?: Instant | null) => Promise<MinuteRange>> {
  if (range) {
    const closed = await withoutFuture(context, range);
    return (_, __, instant) => Promise.resolve(instant ? until(closed, floorMinute(instant.timeMs)) : closed);
  }
  const nowMs = asOf ? null : (await readClock(context)).nowMs;
  return async (db, symbols, instant) => {
    const endMs = instant?.timeMs ?? nowMs ?? Date.now();
    const newest = instant
      ? await findNewestThen(db as Transaction, symbols, instant)
      : await findNewestMinutes(db, symbols, floorMinute(endMs));
    const windows = symbols.map((symbol) => windowAt(endMs, newest.get(symbol) ?? null, window));
    return windows.reduce((a, b) => (b.to < a.to ? b : a), windowAt(endMs, floorMinute(endMs), window));
  };
}

/** A range without the minutes from a time on. */
function until({ from, to }: MinuteRange, end: number): MinuteRange {
  return { from, to: Math.max(from, Math.min(to, end)) };
}

/** A window ends at the last minute or the one before it, so that only these are looked up. */
const NEWEST_MINUTES = 3;

async function findNewestThen(
  trx: Transaction,
  symbols: readonly string[],
  instant: Instant,
): Promise<Map<string, number>> {
  const end = floorMinute(instant.timeMs);
  const range = { from: end - NEWEST_MINUTES * MINUTE_MS, to: end };
  const found = new Map<string, number>();
  for (const symbol of symbols) {
    // an older newest row ends the window in the same place
    const newest = (await findNewestPastMinute(trx, symbol, range, instant.cutOf(symbol))) ?? range.from;
    found.set(symbol, newest);
  }
  return found;
}
