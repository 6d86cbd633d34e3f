import type { Source } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { formatMinute, type Minute, MINUTE_MS, newestClosedMinute } from '../../core/minute.js';
import { formatRange, type MinuteRange } from '../../core/range.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { findCompletenessAt, findNewestMinutes } from '../../tables/rolling-chart-data/read-rows.js';
import { findThrottleFailure } from '../fetch/binance-requests.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult, type SymbolOutcome } from '../job.js';
import { readClock } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts } from '../write/upsert-candles.js';
import { fetchNewest, type FetchRound, startFetchRound } from './fetch-newest.js';
import { GroupWriter } from './group-writer.js';

/** What one request can carry: the look-back and the whole window of a new symbol. */
const CATCH_UP_MINUTES = 1000;
/** Symbols that are asked for, wait for their turn to be, or wait to be written. */
const SYMBOLS_AT_ONCE = 100;

export interface IngestOptions extends JobOptions {
  /** The open time of the minute to ingest instead of the newest closed one. */
  at?: Minute | undefined;
}

/** What an ingest did for one symbol. */
export interface IngestSummary {
  /** The minute that was asked for: the newest closed one, or `at`. */
  minute: Minute;
  /** Whether that minute's row is there now. */
  isStored: boolean;
  /** Whether that row has all 13 indicators. */
  isComplete: boolean;
  /** Rows written, with those of minutes that were caught up. */
  stored: number;
  /** These rows by where they came from. */
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
  const asked = readClock(context).then(({ nowMs }) => newestClosedMinute(nowMs));
  asked.catch(() => undefined); // if the job cannot begin, nobody waits for the answer
  if (at !== undefined) requireClosed(at, await asked);
  let round: IngestRound;
  return runJob(context, options, {
    command: 'ingest',
    arguments: at === undefined ? {} : { at: formatMinute(at) },
    symbolsAtOnce: SYMBOLS_AT_ONCE,
    begin: async (symbols) => {
      round = await beginRound(context, symbols, await asked); // Binance answers while the job is being recorded
    },
    work: (symbol, jobId) =>
      ingestSymbol(context, options, round, symbol, jobId).finally(() => {
        round.writer.finishSymbol();
      }),
    finish: (outcomes) => describeMinute(context, outcomes, at ?? round.newest),
    isIncomplete: ({ isStored }) => !isStored,
    countsOf: ({ stored: rows }) => ({ stored: rows }),
  });
}

function requireClosed(at: Minute, newest: Minute): void {
  if (at <= newest) return;
  throw new Failure('usage', `--at was ${formatMinute(at)}, a minute that has not closed yet`, {
    hint: `the newest closed minute is ${formatMinute(newest)}`,
  });
}

/** What the symbols of one ingest have in common. */
interface IngestRound {
  /** The newest closed minute. */
  newest: Minute;
  /** The newest stored minute of each symbol that has one. */
  stored: ReadonlyMap<string, Minute>;
  fetchRound: FetchRound;
  writer: GroupWriter;
}

async function beginRound(context: JobContext, symbols: readonly string[], newest: Minute): Promise<IngestRound> {
  const { store } = context;
  return {
    newest,
    stored: await findNewestMinutes(store.knex, symbols, newest + MINUTE_MS),
    fetchRound: startFetchRound(context, await findThrottleFailure(context)),
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
  const { range, olderHole } = at === undefined ? planCatchUp(stored.get(symbol), newest) : planMinute(at);
  if (olderHole) {
    const command = `chartctl backfill ${symbol} --from ${formatMinute(olderHole.from)} --to ${formatMinute(olderHole.to)}`;
    context.onNotice?.(`${symbol}: ${formatRange(olderHole)} is not there; run: ${command}`);
  }
  const isThere = range.to <= range.from;
  const fetched = isThere ? null : await fetchNewest(context, fetchRound, symbol, range);
  const base = { symbol, jobId, reason: 'ingest', lockWaitMs };
  const counts = addCounts(
    await writer.write(fetched?.candles ?? [], {
      ...base,
      sourceOf: ({ openTime }) => (openTime === newest ? 'BINANCE' : 'BINANCE_BACKFILL'),
    }),
    await writer.write(fetched?.fallbackCandles ?? [], { ...base, sourceOf: () => 'FALLBACK' }),
  );
  return {
    minute: range.to - MINUTE_MS,
    isStored: false, // as far as is known until all are through
    isComplete: false,
    stored: counts.inserted + counts.replaced,
    bySource: counts.bySource,
    fallback: fetched?.fallback ?? null,
    olderHole,
  };
}

/** The outcomes with what the table has of the minute now. */
async function describeMinute(
  { store }: JobContext,
  outcomes: readonly SymbolOutcome<IngestSummary>[],
  minute: Minute,
): Promise<SymbolOutcome<IngestSummary>[]> {
  const symbols = outcomes.flatMap(({ symbol, summary }) => (summary ? [symbol] : []));
  const found = await findCompletenessAt(store.knex, symbols, minute);
  return outcomes.map((outcome) => {
    const { symbol, summary } = outcome;
    if (!summary) return outcome;
    return { symbol, summary: { ...summary, isStored: found.has(symbol), isComplete: found.get(symbol) ?? false } };
  });
}

interface CatchUp {
  /** Empty when nothing is missing. */
  range: MinuteRange;
  olderHole: MinuteRange | null;
}

/** From the last stored candle to the newest closed minute, as far back as one request reaches. */
function planCatchUp(last: Minute | undefined, newest: Minute): CatchUp {
  const to = newest + MINUTE_MS;
  const earliest = to - CATCH_UP_MINUTES * MINUTE_MS;
  if (last === undefined) return { range: { from: earliest, to }, olderHole: null };
  const from = last + MINUTE_MS;
  if (from >= earliest) return { range: { from, to }, olderHole: null };
  return { range: { from: earliest, to }, olderHole: { from, to: earliest } };
}

/** One minute with the candles that its indicators need. */
function planMinute(at: Minute): CatchUp {
  return { range: { from: at - WARM_UP * MINUTE_MS, to: at + MINUTE_MS }, olderHole: null };
}
