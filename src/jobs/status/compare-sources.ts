import { type Candle, isSound } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { DAY_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, toRanges } from '../../core/range.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { compareVenues, type VenueComparison } from '../../quality/compare-venues.js';
import { findVenueProblem, selectOtherMarket, selectReference } from '../../quality/find-venue-problem.js';
import type { ChartRow } from '../../rows/chart-row.js';
import { findFallbackRows, findRows } from '../../tables/rolling-chart-data/read-rows.js';
import { callBinance, packRequests, requireNoThrottle } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** The newest minutes that are compared; every fallback exchange returns this many in one answer. */
const COMPARED_MINUTES = 100;
/** The limit of requests to Binance for stored fallback rows; the newest rows are requested. */
const MAX_REQUESTS = 5;

/** One fallback exchange compared with Binance. */
export interface VenueReport {
  /** The name of the fallback exchange. */
  exchange: FallbackName;
  /** Its newest candles compared with Binance's; null if they have no minute in common. */
  comparison: VenueComparison | null;
  /** Why there is no comparison. */
  problem: string | null;
  /** Why ingest would not use its candles; null if it would, or if there is no comparison. */
  distrust: string | null;
}

/** How much the fallback exchanges differ from Binance. */
export interface SourcesReport extends MinuteRange {
  /** The newest closed minutes of each configured fallback exchange. */
  venues: VenueReport[];
  /** The fallback rows of the last days compared with the candles that Binance has for them now. */
  stored: {
    rows: number;
    asked: number;
    comparison: VenueComparison | null;
    /** The range of those rows that Binance has; null if it has none. */
    replaceable: MinuteRange | null;
    /** Their minutes whose price is so far from Binance's that another market was stored. */
    otherMarket: Minute[];
  };
}

/** Compares the fallback exchanges with Binance: their newest candles, and their stored rows. */
export async function compareSources(
  context: JobContext,
  symbol: string,
  { to, days }: { to: Minute; days: number },
): Promise<SourcesReport> {
  const range = { from: to - COMPARED_MINUTES * MINUTE_MS, to };
  const reference = await loadReference(context, symbol, range);
  const names = context.market.fallbacks;
  return {
    ...range,
    venues: await Promise.all(names.map((exchange) => compareVenue(context, exchange, symbol, range, reference))),
    stored: await compareStored(context, symbol, { from: to - days * DAY_MS, to }),
  };
}

/** Binance's candles: the stored ones, completed by a request if some are not stored. */
async function loadReference(context: JobContext, symbol: string, range: MinuteRange): Promise<Candle[]> {
  const rows = await inSnapshot(context.store.knex, (trx) => findRows(trx, symbol, range));
  const stored = rows.filter((row): row is ChartRow & Candle => row.source !== 'FALLBACK' && isSound(row));
  if (stored.length === COMPARED_MINUTES) return stored;
  const have = new Set(stored.map((row) => row.openTime));
  const answer = await fetchCandles(context, symbol, range);
  return [...stored, ...answer.filter((candle) => !have.has(candle.openTime))];
}

async function compareVenue(
  { market, signal }: JobContext,
  exchange: FallbackName,
  symbol: string,
  range: MinuteRange,
  reference: readonly Candle[],
): Promise<VenueReport> {
  try {
    const candles = await market.fetchFallbackFrom(exchange, symbol, range, { signal });
    const comparison = compareVenues(reference, candles);
    if (!comparison) return toProblem(exchange, `${exchange}: no minute in common with Binance`);
    return { exchange, comparison, problem: null, distrust: findDistrust(reference, candles, range) };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    return toProblem(exchange, error.message);
  }
}

function toProblem(exchange: FallbackName, problem: string): VenueReport {
  return { exchange, comparison: null, problem, distrust: null };
}

/** Compares as an ingest of the minute after the range would. */
function findDistrust(reference: readonly Candle[], candles: readonly Candle[], { to }: MinuteRange): string | null {
  const next = { from: to, to: to + MINUTE_MS };
  const [first, ...others] = selectReference(reference, next);
  return first ? findVenueProblem([first, ...others], candles, next) : null;
}

async function compareStored(
  context: JobContext,
  symbol: string,
  range: MinuteRange,
): Promise<SourcesReport['stored']> {
  const rows = await inSnapshot(context.store.knex, (trx) => findFallbackRows(trx, symbol, range));
  const requests = packRequests(toRanges(rows.map((row) => row.openTime))).slice(-MAX_REQUESTS);
  const reference: Candle[] = [];
  for (const request of requests) reference.push(...(await fetchCandles(context, symbol, request)));
  const from = requests[0]?.from ?? range.to;
  const answered = new Set(reference.map(({ openTime }) => openTime));
  const [first, ...others] = rows.filter((row) => answered.has(row.openTime));
  return {
    rows: rows.length,
    asked: rows.filter((row) => row.openTime >= from).length,
    comparison: compareVenues(reference, rows),
    replaceable: first ? { from: first.openTime, to: (others.at(-1) ?? first).openTime + MINUTE_MS } : null,
    otherMarket: selectOtherMarket(reference, rows).map(({ openTime }) => openTime),
  };
}

/** Binance's candles; empty with a notice if the request fails, because the rest of the status does not need them. */
async function fetchCandles(context: JobContext, symbol: string, range: MinuteRange): Promise<Candle[]> {
  const { market, signal, onNotice } = context;
  try {
    await requireNoThrottle(context);
    return await callBinance(context, () => market.fetchCandles(symbol, range, { signal }));
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    onNotice?.(`${symbol}: only stored candles are compared: ${error.message}`);
    return [];
  }
}
