import type { Source } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { type Halt, REMOVED_STATE } from '../../core/halt.js';
import { formatMinute, type Minute, MINUTE_MS, newestClosedMinute } from '../../core/minute.js';
import { formatRange, type MinuteRange } from '../../core/range.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { inSnapshot } from '../../database/snapshot.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { toColumns } from '../../rows/candle-columns.js';
import { findCompletenessAt } from '../../tables/rolling-chart-data/read-rows.js';
import { findNewestBinanceMinute, findStoredEnds, type StoredEnd } from '../../tables/rolling-chart-data/row-ends.js';
import { findThrottleFailure } from '../fetch/binance-requests.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult, type SymbolOutcome } from '../job.js';
import { readClock } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts } from '../write/upsert-candles.js';
import { fetchNewest, type FetchRound, type NewestCandles, startFetchRound } from './fetch-newest.js';
import { GroupWriter } from './group-writer.js';

/** The maximum of minutes in one request: enough for the look-back and the whole window of a new symbol. */
const CATCH_UP_MINUTES = 1000;
/** Symbols that are fetched, written, or waiting for either. */
const CONCURRENT_SYMBOLS = 100;

interface IngestOptions extends JobOptions {
  /** The open time of the minute to ingest instead of the newest closed one. */
  at?: Minute | undefined;
}

/** The result of an ingest for one symbol. */
export interface IngestSummary {
  /** The requested minute: the newest closed one, or `at`. */
  minute: Minute;
  /** Whether the table has that minute's row after the ingest. */
  isStored: boolean;
  /** Whether that row has every indicator. */
  isComplete: boolean;
  /** Rows written, including older minutes that were missing. */
  stored: number;
  /** The rows written, by source. */
  bySource: Partial<Record<Source, number>>;
  /** The exchange that was used instead of Binance. */
  fallback: FallbackName | null;
  /** Why no exchange was asked for the minute; null when Binance trades the symbol. */
  halt: Halt | null;
  /** Missing minutes that are too old for one request; backfill fetches them. */
  olderHole: MinuteRange | null;
}

/**
 * Stores the newest closed minute of each symbol, and the minutes since its last stored candle.
 *
 * If Binance fails, the newest minute is fetched from a fallback exchange; older ones are left to backfill. A symbol that
 * Binance does not trade gets nothing, which is not an error.
 */
export async function ingest(context: JobContext, options: IngestOptions): Promise<JobResult<IngestSummary>> {
  const { at } = options;
  // the request for the time runs while the job is being locked and recorded
  const newest = readClock(context).then(({ nowMs }) => newestClosedMinute(nowMs));
  newest.catch(() => undefined); // not an unhandled rejection if the job cannot start
  if (at !== undefined) requireClosed(at, await newest);
  let round: IngestRound;
  return runJob(context, options, {
    command: 'ingest',
    arguments: at === undefined ? {} : { at: formatMinute(at) },
    concurrentSymbols: CONCURRENT_SYMBOLS,
    begin: async (symbols) => {
      round = await beginRound(context, symbols, await newest);
    },
    work: (symbol, jobId) =>
      ingestSymbol(context, options, round, symbol, jobId).finally(() => {
        round.writer.finishSymbol();
      }),
    finish: (outcomes) => addStoredState(context, outcomes, at ?? round.newest),
    problemOf: ({ isStored, halt, minute }) => (isStored || halt ? undefined : toNotStored(minute)),
    countsOf: ({ stored: rows }) => ({ stored: rows }),
  });
}

function toNotStored(minute: Minute): Failure {
  return new Failure('incomplete', `${formatMinute(minute)} is not stored: no exchange has its candle yet`, {
    code: 'MINUTES_MISSING',
    hint: 'the next ingest asks again',
  });
}

function requireClosed(at: Minute, newest: Minute): void {
  if (at <= newest) return;
  throw new Failure('usage', `--at was ${formatMinute(at)}, a minute that has not closed yet`, {
    hint: `the newest closed minute is ${formatMinute(newest)}`,
  });
}

/** The state that the symbols of one ingest share. */
interface IngestRound {
  /** The newest closed minute. */
  newest: Minute;
  /** Where the rows of each symbol that has some end; the last `CATCH_UP_MINUTES` are checked. */
  stored: ReadonlyMap<string, StoredEnd>;
  fetchRound: FetchRound;
  writer: GroupWriter;
}

async function beginRound(context: JobContext, symbols: readonly string[], newest: Minute): Promise<IngestRound> {
  const { store } = context;
  const to = newest + MINUTE_MS;
  return {
    newest,
    stored: await inSnapshot(store.knex, (trx) =>
      findStoredEnds(trx, symbols, { from: to - CATCH_UP_MINUTES * MINUTE_MS, to }),
    ),
    fetchRound: startFetchRound(context, symbols, newest, await findThrottleFailure(context)),
    writer: new GroupWriter(store, symbols.length),
  };
}

async function ingestSymbol(
  context: JobContext,
  { at, lockWaitMs = DEFAULT_LOCK_WAIT_MS }: IngestOptions,
  { newest, stored, fetchRound, writer }: IngestRound,
  symbol: string,
  jobId: number,
): Promise<IngestSummary> {
  const plan = at === undefined ? planCatchUp(stored.get(symbol), newest) : planMinute(at);
  const { range } = plan;
  const isMissing = range.to > range.from;
  const fetched = isMissing ? await fetchKnown(context, fetchRound, symbol, range, stored.has(symbol)) : null;
  const halt = fetched?.halt ?? null;
  const olderHole = plan.olderHole && endBeforeHalt(plan.olderHole, halt);
  if (olderHole) {
    const command = `chartctl backfill ${symbol} --from ${formatMinute(olderHole.from)} --to ${formatMinute(olderHole.to)}`;
    context.onNotice?.(`${symbol}: ${formatRange(olderHole)} is missing; run: ${command}`);
  }
  const base = { symbol, jobId, reason: 'ingest', lockWaitMs };
  const counts = addCounts(
    await writer.write(toColumns(fetched?.candles ?? []), {
      ...base,
      sourceOf: (openTime) => (openTime === newest ? 'BINANCE' : 'BINANCE_BACKFILL'),
    }),
    await writer.write(toColumns(fetched?.fallbackCandles ?? []), { ...base, sourceOf: () => 'FALLBACK' }),
  );
  return {
    minute: range.to - MINUTE_MS,
    isStored: false, // both are set by addStoredState, in one query for all symbols
    isComplete: false,
    stored: counts.inserted + counts.replaced,
    bySource: counts.bySource,
    fallback: fetched?.fallback ?? null,
    halt,
    olderHole,
  };
}

/** Fetches the newest candles; a symbol with rows that Binance does not know was removed there. */
async function fetchKnown(
  context: JobContext,
  round: FetchRound,
  symbol: string,
  range: MinuteRange,
  hasRows: boolean,
): Promise<NewestCandles> {
  try {
    return await fetchNewest(context, round, symbol, range);
  } catch (error) {
    if (!hasRows || !(error instanceof Failure) || error.code !== 'UNKNOWN_SYMBOL') throw error;
    const last = await findNewestBinanceMinute(context.store.knex, symbol, range.to);
    const halt = { state: REMOVED_STATE, since: last === null ? null : last + MINUTE_MS };
    return { candles: [], fallbackCandles: [], fallback: null, halt };
  }
}

/** The part of a range before a symbol was halted; null when that is empty. */
function endBeforeHalt(range: MinuteRange, halt: Halt | null): MinuteRange | null {
  const to = Math.min(range.to, halt ? (halt.since ?? range.from) : Infinity);
  return to > range.from ? { from: range.from, to } : null;
}

/** Adds to the outcomes whether the table has the minute, and whether that row is complete. */
async function addStoredState(
  { store }: JobContext,
  outcomes: readonly SymbolOutcome<IngestSummary>[],
  minute: Minute,
): Promise<SymbolOutcome<IngestSummary>[]> {
  const symbols = outcomes.flatMap(({ symbol, summary }) => (summary ? [symbol] : []));
  const found = await inSnapshot(store.knex, (trx) => findCompletenessAt(trx, symbols, minute));
  return outcomes.map((outcome) => {
    const { symbol, summary } = outcome;
    if (!summary) return outcome;
    return { symbol, summary: { ...summary, isStored: found.has(symbol), isComplete: found.get(symbol) ?? false } };
  });
}

interface FetchRange {
  /** Empty when nothing is missing. */
  range: MinuteRange;
  olderHole: MinuteRange | null;
}

/**
 * The minutes from the last stored candle to the newest closed minute, limited to one request; also those of the last rows
 * that other SQL inserted incomplete.
 */
function planCatchUp(stored: StoredEnd | undefined, newest: Minute): FetchRange {
  const to = newest + MINUTE_MS;
  const earliest = to - CATCH_UP_MINUTES * MINUTE_MS;
  const checked = stored?.checked ?? null;
  const next = stored ? stored.newest + MINUTE_MS : earliest;
  return {
    range: { from: checked === null ? earliest : checked + MINUTE_MS, to },
    olderHole: next < earliest ? { from: next, to: earliest } : null,
  };
}

/** One minute and the candles that its indicators need. */
function planMinute(at: Minute): FetchRange {
  return { range: { from: at - WARM_UP * MINUTE_MS, to: at + MINUTE_MS }, olderHole: null };
}
