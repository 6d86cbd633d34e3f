/**
 * The exchange of the benchmark as a separate process: Binance's klines, time and exchangeInfo at the least cost, so
 * that the exchange is not the bottleneck. Every symbol has the same candles.
 *
 * Its first argument is a JSON `ExchangeOptions`. It sends its port when it is ready, handles `ExchangeOrder`s, and exits
 * when its parent disconnects.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { ExchangeState } from './exchange-state.js';
import { KlineText } from './kline-text.js';
import type { ExchangeOptions, ExchangeOrder } from './start-bench-exchange.js';
import { walkCandles } from './walk-candles.js';

/** The minutes of candles after the start of the clock. */
const MINUTES_AHEAD = 600;

const { nowMs, minutes, latencyMs = 0, weightLimit } = JSON.parse(process.argv[2] ?? '{}') as ExchangeOptions;
const state = new ExchangeState(nowMs, weightLimit ?? Infinity);
const klines = new KlineText(walkCandles(floorMinute(nowMs) - minutes * MINUTE_MS, minutes + MINUTES_AHEAD));

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://exchange');
  const { used, status } = state.charge(pathname);
  const send = () => answer(response, status, used, status === 200 ? bodyOf(pathname, searchParams) : REFUSAL);
  if (latencyMs > 0) setTimeout(send, latencyMs);
  else send();
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

process.on('message', (order: ExchangeOrder) => {
  if (order.kind === 'clock') state.setClock(order.nowMs);
  process.send?.(state.report());
});
process.on('disconnect', () => {
  server.close();
  server.closeAllConnections();
});

const REFUSAL = '{"code":-1003,"msg":"Too much request weight used."}';

function answer(response: ServerResponse, status: number, used: number, body: Buffer | string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    date: new Date(state.now()).toUTCString(),
    // without a limit the program must not pause before it reaches Binance's own
    'x-mbx-used-weight-1m': weightLimit === undefined ? 0 : used,
    ...(status === 200 ? {} : { 'retry-after': String(Math.ceil((MINUTE_MS - (state.now() % MINUTE_MS)) / 1000)) }),
  });
  response.end(body);
}

function bodyOf(path: string, query: URLSearchParams): Buffer | string {
  if (path.endsWith('/klines')) {
    const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
    const to = Math.min(number('endTime', Infinity), state.now());
    return klines.list(number('startTime', 0), to, Math.min(1000, number('limit', 500)));
  }
  if (path.endsWith('/time')) return JSON.stringify({ serverTime: state.now() });
  const limit = weightLimit ?? 1e9;
  return JSON.stringify({
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit }],
    symbols: [{ symbol: query.get('symbol'), status: 'TRADING' }],
  });
}
