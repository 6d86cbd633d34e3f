import type { Source } from '../core/candle.js';
import type { FallbackName } from '../core/config.js';
import { Failure } from '../core/failure.js';
import { WARM_UP } from '../core/indicator-columns.js';
import { formatMinute, MINUTE_MS, newestClosedMinute, type Minute } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import { findNewestMinute, findRows } from '../store/chart-rows.js';
import type { JobContext } from './context.js';
import { fetchNewest } from './fetch-newest.js';
import { readClock } from './read-clock.js';
import type { JobOptions, JobResult } from './result.js';
import { runJob } from './run-job.js';
import { addCounts, DEFAULT_LOCK_WAIT_MS, writeCandles } from './write-candles.js';

/** What one request can carry: the look-back and the whole window of a new symbol. */
const CATCH_UP_MINUTES = 1000;

export interface IngestOptions extends JobOptions {
  /** The open time of the minute to ingest instead of the newest closed one. */
  at?: Minute | undefined;
}

export interface IngestSummary {
  /** The minute that was asked for: the newest closed one, or `at`. */
  minute: Minute;
  /** Whether that minute's row is there now, and complete. */
  isStored: boolean;
  isComplete: boolean;
  /** Rows written, with those of minutes that were caught up. */
  stored: number;
  bySource: Partial<Record<Source, number>>;
  /** The exchange that stood in for Binance. */
  fallback: FallbackName | null;
  /** Older minutes that are not there: one request does not reach them, backfill does. */
  olderHole: MinuteRange | null;
}

/**
 * Stores the newest closed minute of each symbol, and what was missed since its last stored candle.
 *
 * When Binance fails, a fallback exchange gives the newest minute; older ones wait for backfill.
 */
export async function ingest(context: JobContext, options: IngestOptions): Promise<JobResult<IngestSummary>> {
  const { at } = options;
  const newest = newestClosedMinute((await readClock(context)).nowMs);
  if (at !== undefined && at > newest) {
    throw new Failure('usage', `--at was ${formatMinute(at)}, a minute that has not closed yet`, {
      hint: `the newest closed minute is ${formatMinute(newest)}`,
    });
  }
  return runJob(context, options, {
    command: 'ingest',
    arguments: at === undefined ? {} : { at: formatMinute(at) },
    work: (symbol, jobId) => ingestSymbol(context, options, { symbol, jobId, newest }),
    isIncomplete: ({ isStored }) => !isStored,
    countsOf: ({ stored }) => ({ stored }),
  });
}

async function ingestSymbol(
  context: JobContext,
  { at, lockWaitMs = DEFAULT_LOCK_WAIT_MS }: IngestOptions,
  { symbol, jobId, newest }: { symbol: string; jobId: number; newest: Minute },
): Promise<IngestSummary> {
  const { store } = context;
  const { range, olderHole } = at === undefined ? await planCatchUp(context, symbol, newest) : planMinute(at);
  if (olderHole) {
    const command = `chartctl backfill ${symbol} --from ${formatMinute(olderHole.from)} --to ${formatMinute(olderHole.to)}`;
    context.onNotice?.(`${symbol}: ${formatRange(olderHole)} is not there; run: ${command}`);
  }
  const isThere = range.to <= range.from;
  const fetched = isThere ? null : await fetchNewest(context, symbol, range);
  const base = { symbol, jobId, reason: 'ingest', lockWaitMs };
  const counts = addCounts(
    await writeCandles(store, fetched?.candles ?? [], {
      ...base,
      sourceOf: ({ openTime }) => (openTime === newest ? 'BINANCE' : 'BINANCE_BACKFILL'),
    }),
    await writeCandles(store, fetched?.fallbackCandles ?? [], { ...base, sourceOf: () => 'FALLBACK' }),
  );
  const minute = range.to - MINUTE_MS;
  const [row] = await findRows(store.knex, symbol, { from: minute, to: range.to });
  return {
    minute,
    isStored: row !== undefined,
    isComplete: row?.isComplete ?? false,
    stored: counts.inserted + counts.replaced,
    bySource: counts.bySource,
    fallback: fetched?.fallback ?? null,
    olderHole,
  };
}

interface CatchUp {
  /** Empty when nothing is missing. */
  range: MinuteRange;
  olderHole: MinuteRange | null;
}

/** From the last stored candle to the newest closed minute, as far back as one request reaches. */
async function planCatchUp({ store }: JobContext, symbol: string, newest: Minute): Promise<CatchUp> {
  const to = newest + MINUTE_MS;
  const earliest = to - CATCH_UP_MINUTES * MINUTE_MS;
  const last = await findNewestMinute(store.knex, symbol, to);
  if (last === null) return { range: { from: earliest, to }, olderHole: null };
  const from = last + MINUTE_MS;
  if (from >= earliest) return { range: { from, to }, olderHole: null };
  return { range: { from: earliest, to }, olderHole: { from, to: earliest } };
}

/** One minute with the candles that its indicators need. */
function planMinute(at: Minute): CatchUp {
  return { range: { from: at - WARM_UP * MINUTE_MS, to: at + MINUTE_MS }, olderHole: null };
}
