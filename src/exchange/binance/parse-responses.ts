import type { Candle } from '../../core/candle.js';
import { formatMinute, MAX_DATE_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../../core/range.js';
import { findFault } from '../check-candles.js';
import { expectList, expectRecord, parseDecimal, showValue } from '../http/parse-values.js';
import { RequestError } from '../http/request-error.js';

const FIELDS = 12;
/** The one interval of Binance that is shorter than a minute. */
const SECOND_MS = 1_000;
/** Greater open times are in another unit, most likely microseconds. */
const YEAR_10000 = 253_402_300_800_000;

/**
 * The candles of a `klines` response for one range: 12 fields each, on the whole minute, inside the range, strictly in
 * order, sound. One invalid kline makes the whole response invalid.
 *
 * The close time reveals candles of another interval. Where trading halted it is irregular, but within the minute.
 *
 * @throws RequestError (`invalid`) that names the first fault and its value
 */
export function parseKlines(body: unknown, range: MinuteRange): Candle[] {
  const klines = expectList(body, "Binance's response");
  const limit = countMinutes(range);
  if (klines.length > limit) throw invalidResponse(`it held ${klines.length} klines, expected at most ${limit}`);
  let earliest = range.from;
  return klines.map((kline, i) => {
    const candle = parseKline(kline, i);
    const { openTime } = candle;
    if (openTime < earliest || openTime >= range.to) {
      throw invalidResponse(describeMisplaced(openTime, earliest, range, i));
    }
    earliest = openTime + MINUTE_MS;
    requireOneMinute(openTime, (kline as unknown[])[6], i);
    return candle;
  });
}

function parseKline(kline: unknown, i: number): Candle {
  const fields = expectList(kline, `kline ${i} of Binance's response`);
  if (fields.length !== FIELDS) throw invalidResponse(`kline ${i} had ${fields.length} fields, expected ${FIELDS}`);
  const [openTime] = fields;
  if (typeof openTime !== 'number' || !Number.isSafeInteger(openTime) || openTime % MINUTE_MS !== 0) {
    throw invalidResponse(
      `kline ${i}: open time was ${showValue(openTime)}, expected milliseconds on the whole minute`,
    );
  }
  const [open, high, low, close, volume] = fields.slice(1, 6).map((field) => parseDecimal(field)) as Five;
  const candle = { openTime, open, high, low, close, volume };
  const fault = findFault(candle);
  if (fault) throw invalidResponse(`kline ${i} (${showTime(openTime)}): ${fault}, in ${showValue(fields.slice(1, 6))}`);
  return candle;
}

function requireOneMinute(openTime: Minute, closeTime: unknown, i: number): void {
  const durationMs = typeof closeTime === 'number' ? closeTime - openTime + 1 : NaN;
  if (Number.isInteger(durationMs) && durationMs > 1 && durationMs <= MINUTE_MS && durationMs !== SECOND_MS) return;
  throw invalidResponse(`kline ${i}: close time was ${showValue(closeTime)}, expected ${openTime + MINUTE_MS - 1}`);
}

type Five = [number, number, number, number, number];

function describeMisplaced(openTime: number, earliest: number, range: MinuteRange, i: number): string {
  const isInside = range.from <= openTime && openTime < range.to;
  const expected = isInside ? `${formatMinute(earliest)} or later` : `a minute of ${formatRange(range)}`;
  return `kline ${i}: open time was ${showTime(openTime)}, expected ${expected}`;
}

function showTime(openTime: number): string {
  return openTime > 0 && openTime < YEAR_10000 ? formatMinute(openTime) : String(openTime);
}

function invalidResponse(what: string): RequestError {
  return new RequestError('invalid', `Binance's response is invalid: ${what}`);
}

/** The `date` header is cut to the second, and may come from a proxy. */
const MAX_DISAGREEMENT_MS = MINUTE_MS;

/**
 * The server time of a `time` response, in epoch milliseconds.
 *
 * @param dateMs the response's `date` header, which must agree with it
 * @throws RequestError (`invalid`) when it is not a time, or disagrees with the header
 */
export function parseServerTime(body: unknown, dateMs?: number): number {
  const { serverTime } = expectRecord(body, "Binance's response");
  const isTime = typeof serverTime === 'number' && Number.isSafeInteger(serverTime) && serverTime > MINUTE_MS;
  if (!isTime || serverTime >= MAX_DATE_MS) {
    throw new RequestError('invalid', `Binance's server time was ${showValue(serverTime)}, expected milliseconds`);
  }
  if (dateMs === undefined || Math.abs(serverTime - dateMs) <= MAX_DISAGREEMENT_MS) return serverTime;
  const [reported, header] = [serverTime, dateMs].map((timeMs) => new Date(timeMs).toISOString());
  throw new RequestError('invalid', `Binance's server time was ${reported} in a response dated ${header}`);
}

/** A limit below the weight of one `exchangeInfo` request, or a hundred times Binance's highest, is ignored. */
const MIN_WEIGHT_LIMIT = 20;
const MAX_WEIGHT_LIMIT = 600_000;

export interface SymbolInfo {
  /** `TRADING`, `HALT`, `BREAK`... */
  status: string;
  /** Request weight that an address may spend in a minute; undefined if the response does not say. */
  weightLimit: number | undefined;
}

/**
 * One symbol's entry in an `exchangeInfo` response.
 *
 * @throws RequestError `UNKNOWN_SYMBOL` when it is not listed, `invalid` when the response has another shape
 */
export function parseSymbolInfo(body: unknown, symbol: string): SymbolInfo {
  const info = expectRecord(body, "Binance's exchange information");
  const listed = expectList(info.symbols, "Binance's symbols")
    .map((entry) => expectRecord(entry, 'a symbol of Binance'))
    .find((entry) => entry.symbol === symbol);
  if (!listed) {
    throw new RequestError('refused', `Binance does not list "${symbol}"`, { code: 'UNKNOWN_SYMBOL' });
  }
  if (typeof listed.status !== 'string') {
    throw new RequestError('invalid', `the status of ${symbol} was ${showValue(listed.status)}, expected a string`);
  }
  return { status: listed.status, weightLimit: findWeightLimit(info.rateLimits) };
}

function findWeightLimit(rateLimits: unknown): number | undefined {
  if (!Array.isArray(rateLimits)) return undefined;
  const perMinute = rateLimits
    .map((entry) => expectRecord(entry, 'a rate limit of Binance'))
    .find(
      (entry) => entry.rateLimitType === 'REQUEST_WEIGHT' && entry.interval === 'MINUTE' && entry.intervalNum === 1,
    );
  const limit = perMinute?.limit;
  return Number.isInteger(limit) && MIN_WEIGHT_LIMIT <= Number(limit) && Number(limit) <= MAX_WEIGHT_LIMIT
    ? Number(limit)
    : undefined;
}
