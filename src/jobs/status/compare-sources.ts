import { type Candle, isSound } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { HOUR_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, toRanges } from '../../core/range.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { compareVenues, type VenueComparison } from '../../quality/compare-venues.js';
import type { ChartRow } from '../../rows/chart-row.js';
import { findFallbackRows, findRows } from '../../tables/rolling-chart-data/read-rows.js';
import { callBinance, packRequests, requireNoThrottle } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** The minutes that are compared: what every fallback exchange gives in one answer. */
const COMPARED_MINUTES = 100;
/** Binance is asked at most so often about stored fallback rows; the newest go first. */
const MAX_REQUESTS = 5;

/** One fallback exchange beside Binance. */
export interface VenueReport {
  /** Which exchange it is. */
  exchange: FallbackName;
  /** Its newest candles beside Binance's; null where there is none. */
  comparison: VenueComparison | null;
  /** Why there is no comparison. */
  problem: string | null;
}

/** How far the fallback exchanges lie from Binance. */
export interface SourcesReport extends MinuteRange {
  /** The newest closed minutes of each configured fallback exchange against Binance's. */
  venues: VenueReport[];
  /** The rows of the last days that a fallback exchange gave, against what Binance has for them since. */
  stored: { rows: number; asked: number; comparison: VenueComparison | null };
}

/** Asks how far the fallback exchanges lie from Binance: now, and in the rows that they gave. */
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
    stored: await compareStored(context, symbol, { from: to - days * 24 * HOUR_MS, to }),
  };
}

/** Binance's own candles: the stored ones, and its answer where some are not stored. */
async function loadReference(context: JobContext, symbol: string, range: MinuteRange): Promise<Candle[]> {
  const rows = await findRows(context.store.knex, symbol, range);
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
    const comparison = compareVenues(reference, await market.fetchFallbackFrom(exchange, symbol, range, { signal }));
    return { exchange, comparison, problem: comparison ? null : `${exchange}: no minute in common with Binance` };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    return { exchange, comparison: null, problem: error.message };
  }
}

async function compareStored(
  context: JobContext,
  symbol: string,
  range: MinuteRange,
): Promise<SourcesReport['stored']> {
  const rows = await findFallbackRows(context.store.knex, symbol, range);
  const requests = packRequests(toRanges(rows.map((row) => row.openTime))).slice(-MAX_REQUESTS);
  const reference: Candle[] = [];
  for (const request of requests) reference.push(...(await fetchCandles(context, symbol, request)));
  const from = requests[0]?.from ?? range.to;
  return {
    rows: rows.length,
    asked: rows.filter((row) => row.openTime >= from).length,
    comparison: compareVenues(reference, rows),
  };
}

/** Binance's answer; nothing where it has none, which is said: the rest of the status does not depend on it. */
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
