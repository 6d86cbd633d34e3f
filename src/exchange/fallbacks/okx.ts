import { MINUTE_MS } from '../../core/minute.js';
import { expectList, expectRecord, parseDecimal, showMessage } from '../http/parse-values.js';
import { refusalKind, RequestError, type RequestErrorKind } from '../http/request-error.js';
import type { FallbackExchange } from './fallback-exchange.js';

/** The endpoint `candles` has this many minutes; older ones are at `history-candles`. */
const NEWEST_MINUTES = 1440;
const ERROR_KINDS = new Map<unknown, RequestErrorKind>([
  ['50001', 'server'],
  ['50004', 'server'],
  ['50011', 'limited'],
  ['50013', 'server'],
  ['50026', 'server'],
]);

/**
 * OKX spot: newest first, `after` (older than) and `before` (newer than) both exclusive; the last field says whether
 * the candle is closed. On spot the fields are volume in base units, volume in quote units, the same again.
 */
export const okx: FallbackExchange = {
  pageMinutes: 100,
  request: ({ base, quote }, { from, to }, nowMs) => {
    const endpoint = from > nowMs - NEWEST_MINUTES * MINUTE_MS ? 'candles' : 'history-candles';
    return `/api/v5/market/${endpoint}?instId=${base}-${quote}&bar=1m&before=${from - 1}&after=${to}&limit=100`;
  },
  read: (body) => {
    const { code, msg, data } = expectRecord(body, "OKX's response");
    if (code !== '0') {
      throw new RequestError(
        ERROR_KINDS.get(code) ?? refusalKind(code),
        `OKX answered ${showMessage(code)}: ${showMessage(msg)}`,
      );
    }
    return expectList(data, "OKX's data")
      .map((entry) => expectList(entry, "OKX's candle", 9))
      .filter((fields) => fields[8] === '1')
      .map((fields) => {
        const [openTime, open, high, low, close, baseVolume, quoteVolume] = fields.map(parseDecimal) as Seven;
        return { openTime, open, high, low, close, baseVolume, quoteVolume };
      });
  },
};

type Seven = [number, number, number, number, number, number, number];
