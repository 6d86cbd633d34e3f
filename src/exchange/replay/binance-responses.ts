import type { Candle } from '../../core/candle.js';
import { ceilMinute, floorMinute, MINUTE_MS } from '../../core/minute.js';
import { intersect, type MinuteRange, splitRange } from '../../core/range.js';
import type { CandleSource } from './candle-source.js';
import { toKlineArray } from './kline-array.js';

/** The response to one request, before it is serialised. */
interface BinanceResponse {
  /** The request's weight in the minute's budget. */
  weight: number;
  body: unknown;
  status?: number;
}

const NO_STATES: ReadonlyMap<string, string> = new Map();

/** The state that a response depends on. */
interface ReplayState {
  source: CandleSource;
  nowMs: number;
  weightLimit: number;
  /** The states of symbols that are not `TRADING`. */
  states?: ReadonlyMap<string, string> | undefined;
}

/** Binance's response to `time`, `exchangeInfo` or `klines`; any other path is not found. */
export function respondAsBinance(path: string, query: URLSearchParams, state: ReplayState): BinanceResponse {
  if (path === '/api/v3/time') return { weight: 1, body: { serverTime: state.nowMs } };
  if (path === '/api/v3/exchangeInfo') return exchangeInfoResponse(query, state);
  if (path === '/api/v3/klines') return klinesResponse(query, state);
  return { weight: 1, status: 404, body: { code: -1, msg: `the replay has no path "${path}"` } };
}

function exchangeInfoResponse(
  query: URLSearchParams,
  { source, nowMs, weightLimit, states = NO_STATES }: ReplayState,
): BinanceResponse {
  const [symbol, list] = [query.get('symbol'), query.get('symbols')];
  const listed = source.symbols();
  const named = list === null ? null : (JSON.parse(list) as string[]);
  const symbols = symbol === null ? (named ?? listed) : [symbol];
  if (symbols.some((name) => !listed.includes(name))) return invalidSymbol(20);
  return {
    weight: 20,
    body: {
      timezone: 'UTC',
      serverTime: nowMs,
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightLimit }],
      exchangeFilters: [],
      symbols: symbols.map((name) => ({ symbol: name, status: states.get(name) ?? 'TRADING', ...splitAssets(name) })),
    },
  };
}

const QUOTE_ASSET = /(USDT|USDC|BTC|ETH|BNB|EUR)$/;

/** The assets of a symbol; one without a known quote asset is priced in itself. */
function splitAssets(symbol: string): { baseAsset: string; quoteAsset: string } {
  const [quoteAsset = symbol] = QUOTE_ASSET.exec(symbol) ?? [];
  return { baseAsset: symbol.slice(0, symbol.length - quoteAsset.length), quoteAsset };
}

function klinesResponse(query: URLSearchParams, state: ReplayState): BinanceResponse {
  const symbol = query.get('symbol') ?? '';
  if (!state.source.symbols().includes(symbol)) return invalidSymbol(2);
  if (query.get('interval') !== '1m') return refuse(-1120, 'Invalid interval.');
  const limit = Number(query.get('limit') ?? 500);
  if (!Number.isInteger(limit) || limit < 1) return refuse(-1100, "Illegal characters found in parameter 'limit'.");
  const candles = selectCandles(symbol, readBounds(query, state.nowMs), Math.min(limit, 1000), state);
  return { weight: 2, body: candles.map(toKlineArray) };
}

interface Bounds extends MinuteRange {
  /** With a start time Binance serves the oldest candles from there, without one the newest. */
  oldestFirst: boolean;
}

function readBounds(query: URLSearchParams, nowMs: number): Bounds {
  const startTime = query.get('startTime');
  const endTime = Math.min(Number(query.get('endTime') ?? nowMs), nowMs);
  return {
    from: startTime === null ? 0 : ceilMinute(Number(startTime)),
    to: floorMinute(endTime) + MINUTE_MS,
    oldestFirst: startTime !== null,
  };
}

function selectCandles(symbol: string, bounds: Bounds, limit: number, { source, nowMs }: ReplayState): Candle[] {
  const pages = splitRange(intersect(bounds, source.extent(symbol)), 1000);
  if (!bounds.oldestFirst) pages.reverse();
  const found: Candle[] = [];
  for (const page of pages) {
    const candles = source.candles(symbol, page);
    if (bounds.oldestFirst) found.push(...candles);
    else found.unshift(...candles);
    if (found.length >= limit) break;
  }
  const served = bounds.oldestFirst ? found.slice(0, limit) : found.slice(-limit);
  return served.map((candle) => asServedAt(candle, nowMs));
}

function asServedAt(candle: Candle, nowMs: number): Candle {
  const elapsed = (nowMs - candle.openTime) / MINUTE_MS;
  return elapsed >= 1 ? candle : toOpenCandle(candle, elapsed);
}

function invalidSymbol(weight: number): BinanceResponse {
  return { ...refuse(-1121, 'Invalid symbol.'), weight };
}

function refuse(code: number, msg: string): BinanceResponse {
  return { weight: 1, status: 400, body: { code, msg } };
}

/**
 * The candle as Binance serves it before its minute is over.
 *
 * @param elapsed the share of the minute that has passed, 0 to 1
 */
export function toOpenCandle(candle: Candle, elapsed: number): Candle {
  const part = (value: number) => Number((candle.open + (value - candle.open) * elapsed).toFixed(8));
  return {
    openTime: candle.openTime,
    open: candle.open,
    high: part(candle.high),
    low: part(candle.low),
    close: part(candle.close),
    volume: Number((candle.volume * elapsed).toFixed(8)),
  };
}
