import type { FallbackName } from '../../src/exchange/fallbacks/fallbacks.js';
import type { ReplayRequest } from '../../src/exchange/replay/start-replay.js';

/** A request to the loopback exchange. */
export interface LoggedRequest {
  exchange: 'binance' | 'archive' | FallbackName;
  /** Without the prefix of a fallback exchange. */
  path: string;
  /** The name at Binance; null when the request has none. */
  symbol: string | null;
  /** Of Binance's klines; null when absent. */
  startTime: number | null;
  endTime: number | null;
  /** The request weight at Binance; 0 for the others. */
  weight: number;
  /** The time of the virtual clock. */
  atMs: number;
  /** The status of the response; 0 when the connection was broken. */
  status: number;
}

export function logRequest(exchange: LoggedRequest['exchange'], request: ReplayRequest, atMs: number): LoggedRequest {
  const { path, query } = request;
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : null);
  return {
    exchange,
    path,
    symbol: symbolOf(request),
    startTime: number('startTime'),
    endTime: number('endTime'),
    weight: exchange === 'binance' ? weightOf(path) : 0,
    atMs,
    status: 200,
  };
}

/** The symbol of a request to any of the exchanges, by its name at Binance. */
export function symbolOf({ path, query }: ReplayRequest): string | null {
  const spelled =
    query.get('symbol') ??
    query.get('instId') ??
    query.get('pair') ??
    /products\/([^/]+)/.exec(path)?.[1] ??
    /klines\/([^/]+)/.exec(query.get('prefix') ?? path)?.[1];
  return spelled?.replace('-', '').replace(/^XBT/, 'BTC').replace(/^XDG/, 'DOGE') ?? null;
}

function weightOf(path: string): number {
  if (path.endsWith('/klines')) return 2;
  return path.endsWith('/exchangeInfo') ? 20 : 1;
}
