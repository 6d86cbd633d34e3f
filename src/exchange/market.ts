import type { Candle } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { CandleColumns } from '../rows/candle-columns.js';
import type { ProxySettings } from '../network/proxies.js';
import type { ArchiveConfig } from './archive/archive-config.js';
import type { Archive } from './archive/open-archive.js';
import type { FallbackName } from './fallbacks/fallbacks.js';

/** Binance's base URLs if none are configured. The second serves market data only, also where the first answers 451. */
export const BINANCE_URLS = ['https://api.binance.com', 'https://data-api.binance.vision'] as const;

/** The exchanges that candles are requested from. */
export interface ExchangeConfig {
  /** Base URLs of Binance, tried in order. */
  binanceUrls: string[];
  /** Binance's public archive; absent: the one at data.binance.vision, if the base URLs are Binance's own. */
  archive?: ArchiveConfig | undefined;
  /** Fallback exchanges, tried in order. */
  fallbacks: { name: FallbackName; url: string }[];
  /** The proxies that requests go through; absent: all are sent directly. */
  proxies?: ProxySettings | undefined;
}

/** What "now" means for closed candles. */
export interface ExchangeClock {
  /** Epoch milliseconds. */
  nowMs: number;
  /** The clock that it comes from. */
  source: 'exchange' | 'local';
  /** Local minus exchange clock in milliseconds; null when the local clock is used. */
  skewMs: number | null;
  /** Why the local clock is used. */
  problem?: string;
}

/** The limits of one call. */
export interface CallOptions {
  /** Ends waits and requests at once; the call then throws the signal's Failure. */
  signal?: AbortSignal | undefined;
  /** Time allowed for the whole call, retries and waits included. */
  deadlineMs?: number | undefined;
}

/** How the candles of a fallback exchange are checked before they are used. */
export interface FallbackCheck {
  /** Minutes of which the exchange's candles are fetched besides the wanted ones. */
  compared: MinuteRange;
  /** Why the exchange's candles, wanted and compared ones, in order, are not trusted; null if they are. */
  findProblem(candles: readonly Candle[]): string | null;
}

/** The limits of a request for candles. */
export interface CandleOptions extends CallOptions {
  /**
   * Called with the minutes in which Binance's candles off the minute begin. These minutes have no candle; such candles
   * exist of 2017-12 and 2018-02.
   */
  onOffMinute?: ((minutes: readonly Minute[]) => void) | undefined;
}

/** The candles of one fallback exchange; volume in base units. */
export interface FallbackCandles {
  /** The exchange's name. */
  exchange: FallbackName;
  /** Its candles of the range, in order. */
  candles: Candle[];
  /** The exchanges before it whose candles were not trusted, each with the reason: `okx: not trusted: ...`. */
  distrusted: string[];
}

/** A symbol of Binance's spot market. */
export interface ListedSymbol {
  /** Such as `BTCUSDT`. */
  symbol: string;
  /** `TRADING`, `HALT`, `BREAK`... */
  status: string;
  /** The asset that is traded. */
  base: string;
  /** The asset that it is priced in. */
  quote: string;
}

/** All requests to exchanges. They share one weight budget. */
export interface Market {
  /** Binance's server time if it answers within 3 s, else the local clock. Throws only when the signal is aborted. */
  readClock(signal?: AbortSignal): Promise<ExchangeClock>;

  /**
   * Binance's closed candles of a range of at most 1,000 minutes, in order; minutes that Binance does not have are absent.
   *
   * @throws Failure `UNKNOWN_SYMBOL`, `RESTRICTED`, `FORBIDDEN`, `BANNED`, `RATE_LIMITED`, `BAD_ANSWER`, `UNREACHABLE`
   */
  fetchCandles(symbol: string, range: MinuteRange, options?: CandleOptions): Promise<Candle[]>;

  /** The same candles in columns, in a fraction of the memory and time. */
  fetchColumns(symbol: string, range: MinuteRange, options?: CandleOptions): Promise<CandleColumns>;

  /** The minute of Binance's oldest candle of a symbol before `before`, null if there is none; throws as `fetchCandles`. */
  findFirstMinute(symbol: string, before: Minute, options?: CallOptions): Promise<Minute | null>;

  /** The minute of Binance's newest candle of a symbol before `before`, null if there is none; throws as `fetchCandles`. */
  findLastMinute(symbol: string, before: Minute, options?: CallOptions): Promise<Minute | null>;

  /**
   * The candles of the first fallback exchange that has at least one of the range and passes the check, volume in base
   * units.
   *
   * @throws Failure `NO_FALLBACK` that names each exchange's reason
   */
  fetchFallback(
    symbol: string,
    range: MinuteRange,
    options?: CallOptions & { check?: FallbackCheck },
  ): Promise<FallbackCandles>;

  /** The configured fallback exchanges, in their order. */
  readonly fallbacks: readonly FallbackName[];

  /**
   * The candles of one of them, volume in base units; empty when it has none of the range.
   *
   * @throws Failure that begins with the exchange's name
   */
  fetchFallbackFrom(
    exchange: FallbackName,
    symbol: string,
    range: MinuteRange,
    options?: CallOptions,
  ): Promise<Candle[]>;

  /** Binance's status of the symbol: `TRADING`, `HALT`, `BREAK`... Throws Failure `UNKNOWN_SYMBOL`. */
  getSymbolStatus(symbol: string, options?: CallOptions): Promise<string>;

  /** Binance's status of several symbols in one request. Throws Failure `UNKNOWN_SYMBOL` when one of them is unknown. */
  getSymbolStates(symbols: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, string>>;

  /** Every symbol of Binance's spot market, in one request. */
  listSymbols(options?: CallOptions): Promise<ListedSymbol[]>;

  /** Opens Binance's public archive of candles; without one, all candles are requested from the API. */
  openArchive?(): Promise<Archive>;

  /** Requests in flight at most. Further calls wait in a queue, while their `deadlineMs` runs. */
  readonly concurrency: number;

  /** Requests sent to any exchange, and the weight that Binance charges for its own. */
  usage(): { requests: number; weight: number };
}
