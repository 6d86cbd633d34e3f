import { expectList, expectRecord, parseDecimal, showValue } from '../http/parse-values.js';
import { refusalKind, RequestError, type RequestErrorKind } from '../http/request-error.js';
import type { FallbackExchange, Pair } from './fallback-exchange.js';

/** Kraken's own names for assets. */
const ASSETS: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };
const ERROR_KINDS: readonly (readonly [RegExp, RequestErrorKind])[] = [
  [/Too many requests|Rate limit/i, 'limited'],
  [/EService|EGeneral:(Internal|Temporary)/, 'server'],
];

/**
 * Kraken: the newest 720 minutes only, oldest first, times in seconds; the entries after `last` are not final yet.
 * Volume in base units, with the volume-weighted mean price. No candle for a minute without trades.
 */
export const kraken: FallbackExchange = {
  pageMinutes: 720,
  request: (pair, { from }) => `/0/public/OHLC?pair=${assetsOf(pair)}&interval=1&since=${from / 1000 - 1}`,
  read: (body, pair) => {
    const { error, result } = expectRecord(body, "Kraken's response");
    const message = expectList(error, "Kraken's errors")[0];
    if (message !== undefined) throw toRequestError(message);
    const { last, ...series } = expectRecord(result, "Kraken's result");
    const [[key, entries] = [undefined, undefined]] = Object.entries(series);
    if (!isNameOf(pair, key)) {
      throw new RequestError('invalid', `Kraken answered for ${showValue(key)}, expected ${assetsOf(pair)}`);
    }
    return expectList(entries, "Kraken's series")
      .map((entry) => expectList(entry, "Kraken's candle", 7))
      .filter(([seconds]) => toNumber(seconds) <= toNumber(last))
      .map(([seconds, ...fields]) => {
        const [open, high, low, close, vwap, baseVolume] = fields.map(parseDecimal) as Six;
        return { openTime: toNumber(seconds) * 1000, open, high, low, close, vwap, baseVolume };
      });
  },
};

type Six = [number, number, number, number, number, number];

function assetsOf({ base, quote }: Pair): string {
  return nameOf(base) + nameOf(quote);
}

/** Kraken prefixes older coins with X and currencies with Z: `XXBTZUSD`, but `XBTUSDT`. */
function isNameOf({ base, quote }: Pair, key: string | undefined): boolean {
  const spellings = (asset: string) => [asset, ...['', 'X', 'Z'].map((prefix) => prefix + nameOf(asset))];
  return spellings(base).some((first) => spellings(quote).some((second) => key === first + second));
}

function nameOf(asset: string): string {
  return ASSETS[asset] ?? asset;
}

/** Kraken writes times as numbers. */
function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : parseDecimal(value);
}

function toRequestError(message: unknown): RequestError {
  const text = showValue(message);
  const kind = ERROR_KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? refusalKind(message);
  return new RequestError(kind, `Kraken answered: ${text}`);
}
