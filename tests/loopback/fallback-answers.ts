import type { Candle } from '../../src/core/candle.js';
import { floorMinute, MINUTE_MS } from '../../src/core/minute.js';
import { intersect } from '../../src/core/range.js';
import type { FallbackName } from '../../src/exchange/fallbacks/fallbacks.js';
import { typicalPrice } from '../../src/exchange/replay/kline-array.js';
import { toOpenCandle } from '../../src/exchange/replay/binance-responses.js';
import type { CandleSource } from '../../src/exchange/replay/candle-source.js';
import type { ReplayRequest } from '../../src/exchange/replay/start-replay.js';

export interface FallbackAnswer {
  status: number;
  body: unknown;
}

/** A request to a fallback exchange, with the exchange's candles and time. */
export interface FallbackRequest extends ReplayRequest {
  /** The name of the symbol at Binance. */
  symbol: string;
  source: CandleSource;
  nowMs: number;
}

/**
 * The responses of each fallback exchange in its format, newest first (Kraken: oldest first), with the open candle.
 * Volumes are in the columns of the exchange: base and quote units where it has both.
 */
export const FALLBACK_ANSWERS: Readonly<Record<FallbackName, (question: FallbackRequest) => FallbackAnswer>> = {
  bybit: (question) => {
    const { query, symbol, nowMs } = question;
    if (isUnknown(question))
      return ok({ retCode: 10001, retMsg: 'Not supported symbols', result: {}, retExtInfo: {}, time: nowMs });
    const limit = Math.min(Number(query.get('limit') ?? 200), 1000);
    const list = newestFirst(question, Number(query.get('start') ?? 0), Number(query.get('end') ?? nowMs))
      .slice(0, limit)
      .map((candle) => [...strings(candle.openTime, ...prices(candle), candle.volume), turnover(candle)]);
    return ok({ retCode: 0, retMsg: 'OK', result: { category: 'spot', symbol, list }, retExtInfo: {}, time: nowMs });
  },

  okx: (question) => {
    const { path, query, nowMs } = question;
    if (isUnknown(question)) return ok({ code: '51001', msg: "Instrument ID doesn't exist.", data: [] });
    const isHistory = path.endsWith('history-candles');
    const limit = Math.min(Number(query.get('limit') ?? 100), isHistory ? 100 : 300);
    const before = Number(query.get('before') ?? 0);
    const after = Number(query.get('after') ?? Infinity);
    const oldest = isHistory ? 0 : nowMs - 1440 * MINUTE_MS;
    const data = newestFirst(question, Math.max(before + 1, oldest), Math.min(after - 1, nowMs))
      .filter((candle) => !isHistory || isClosedAt(candle, nowMs))
      .slice(0, limit)
      .map((candle) => [
        ...strings(candle.openTime, ...prices(candle), candle.volume),
        turnover(candle),
        turnover(candle),
        isClosedAt(candle, nowMs) ? '1' : '0',
      ]);
    return ok({ code: '0', msg: '', data });
  },

  kraken: (question) => {
    const { query, symbol, nowMs } = question;
    if (isUnknown(question)) return ok({ error: ['EQuery:Unknown asset pair'] });
    const since = Number(query.get('since') ?? 0) * 1000;
    const newest = newestFirst(question, nowMs - 720 * MINUTE_MS, nowMs)
      .slice(0, 720)
      .reverse();
    const rows = newest
      .filter((candle, i) => candle.openTime > since || i === newest.length - 1)
      .map((candle) => [
        candle.openTime / 1000,
        ...strings(...prices(candle), candle.volume === 0 ? 0 : typicalPrice(candle), candle.volume),
        1,
      ]);
    const last = (newest.at(-2)?.openTime ?? 0) / 1000;
    return ok({ error: [], result: { [symbol.replace(/^BTC/, 'XBT')]: rows, last } });
  },

  coinbase: (question) => {
    const { query, nowMs } = question;
    if (isUnknown(question)) return { status: 404, body: { message: 'NotFound' } };
    const start = Date.parse(query.get('start') ?? '');
    const end = Date.parse(query.get('end') ?? '');
    if ((end - start) / MINUTE_MS > 300) {
      return {
        status: 400,
        body: {
          message: 'granularity too small for the requested time range. Count of aggregations requested exceeds 300',
        },
      };
    }
    const rows = newestFirst(question, start, Math.min(end, nowMs)).map(
      ({ openTime, open, high, low, close, volume }) => [openTime / 1000, low, high, open, close, volume],
    );
    return ok(rows);
  },
};

function ok(body: unknown): FallbackAnswer {
  return { status: 200, body };
}

function isUnknown({ source, symbol }: FallbackRequest): boolean {
  return !source.symbols().includes(symbol);
}

/** The candles that open in [fromMs, toMs], newest first; the open one is partial. */
function newestFirst({ source, symbol, nowMs }: FallbackRequest, fromMs: number, toMs: number): Candle[] {
  const asked = { from: Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS, to: floorMinute(Math.min(toMs, nowMs)) + MINUTE_MS };
  return source
    .candles(symbol, intersect(asked, source.extent(symbol)))
    .map((candle) => (isClosedAt(candle, nowMs) ? candle : toOpenCandle(candle, (nowMs - candle.openTime) / MINUTE_MS)))
    .reverse();
}

function isClosedAt(candle: Candle, nowMs: number): boolean {
  return candle.openTime + MINUTE_MS <= nowMs;
}

function prices({ open, high, low, close }: Candle): [number, number, number, number] {
  return [open, high, low, close];
}

function strings(...numbers: number[]): string[] {
  return numbers.map(String);
}

function turnover(candle: Candle): string {
  return String(candle.volume * typicalPrice(candle));
}
