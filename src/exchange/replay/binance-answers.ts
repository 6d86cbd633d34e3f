import type { Candle } from '../../core/candle.js';
import { MINUTE_MS, ceilMinute, floorMinute } from '../../core/minute.js';
import { intersect, splitRange, type MinuteRange } from '../../core/range.js';
import type { CandleSource } from './candle-source.js';
import { toKlineArray, toOpenCandle } from './kline-array.js';

/** What the exchange says to one request, before it is written out. */
export interface BinanceAnswer {
  /** What the request costs of the minute's budget. */
  weight: number;
  body: unknown;
  status?: number;
}

const NEVER = new Set<string>();

/** What the replay knows when it answers one request. */
export interface ReplayState {
  source: CandleSource;
  nowMs: number;
  weightLimit: number;
  /** Symbols that Binance lists as `BREAK`. */
  broken?: ReadonlySet<string>;
}

/** Binance's answer to one of the three requests that are replayed; anything else is not found. */
export function answerBinance(path: string, query: URLSearchParams, state: ReplayState): BinanceAnswer {
  if (path === '/api/v3/time') return { weight: 1, body: { serverTime: state.nowMs } };
  if (path === '/api/v3/exchangeInfo') return answerExchangeInfo(query, state);
  if (path === '/api/v3/klines') return answerKlines(query, state);
  return { weight: 1, status: 404, body: { code: -1, msg: `no such path "${path}" in the replay` } };
}

function answerExchangeInfo(
  query: URLSearchParams,
  { source, nowMs, weightLimit, broken = NEVER }: ReplayState,
): BinanceAnswer {
  const symbol = query.get('symbol');
  if (symbol !== null && !source.symbols().includes(symbol)) return invalidSymbol(20);
  const symbols = symbol === null ? source.symbols() : [symbol];
  return {
    weight: 20,
    body: {
      timezone: 'UTC',
      serverTime: nowMs,
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightLimit }],
      exchangeFilters: [],
      symbols: symbols.map((name) => ({ symbol: name, status: broken.has(name) ? 'BREAK' : 'TRADING' })),
    },
  };
}

function answerKlines(query: URLSearchParams, state: ReplayState): BinanceAnswer {
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

function invalidSymbol(weight: number): BinanceAnswer {
  return { ...refuse(-1121, 'Invalid symbol.'), weight };
}

function refuse(code: number, msg: string): BinanceAnswer {
  return { weight: 1, status: 400, body: { code, msg } };
}
