import { expectList, expectRecord, parseDecimal, showMessage, showValue } from '../http/parse-values.js';
import { refusalKind, RequestError, type RequestErrorKind } from '../http/request-error.js';
import type { FallbackExchange } from './fallback-exchange.js';

const ERROR_KINDS = new Map<unknown, RequestErrorKind>([
  [10000, 'server'],
  [10006, 'limited'],
  [10016, 'server'],
  [10018, 'limited'],
]);

/** Bybit spot: newest first, both ends included; volume in base units, turnover in quote units. */
export const bybit: FallbackExchange = {
  pageMinutes: 1000,
  request: ({ base, quote }, { from, to }) =>
    `/v5/market/kline?category=spot&symbol=${base}${quote}&interval=1&start=${from}&end=${to - 1}&limit=1000`,
  read: (body, { base, quote }) => {
    const { retCode, retMsg, result } = expectRecord(body, "Bybit's response");
    if (retCode !== 0) {
      throw new RequestError(
        ERROR_KINDS.get(retCode) ?? refusalKind(retCode),
        `Bybit answered ${showValue(retCode)}: ${showMessage(retMsg)}`,
      );
    }
    const { category, symbol, list } = expectRecord(result, "Bybit's result");
    if (symbol !== `${base}${quote}`) {
      throw new RequestError('invalid', `Bybit answered for ${showValue(symbol)}, expected "${base}${quote}"`);
    }
    if (category !== 'spot') {
      throw new RequestError('invalid', `Bybit answered for its ${showValue(category)} market, expected "spot"`);
    }
    return expectList(list, "Bybit's list").map((entry) => {
      const [openTime, open, high, low, close, baseVolume, quoteVolume] = expectList(entry, "Bybit's candle", 7).map(
        parseDecimal,
      ) as Seven;
      return { openTime, open, high, low, close, baseVolume, quoteVolume };
    });
  },
};

type Seven = [number, number, number, number, number, number, number];
