import type { Candle } from '../../core/candle.js';
import { floorMinute, formatMinute, MAX_DATE_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../../core/range.js';
import { type CandleColumns, toColumns } from '../../rows/candle-columns.js';
import { findFault, isWithinMinute } from '../check-candles.js';
import { expectList, expectRecord, parseDecimal, showValue } from '../http/parse-values.js';
import { RequestError } from '../http/request-error.js';
import type { ListedSymbol } from '../market.js';

/** The fields of a kline. */
export const FIELDS = 12;
/** Greater open times are in another unit, most likely microseconds. */
const YEAR_10000 = 253_402_300_800_000;

/** The content of a `klines` response. */
export interface Klines {
  /** On the whole minute, in order. */
  candles: CandleColumns;
  /** The minutes in which a kline off the minute begins, in order; they have no candle. */
  offMinute: Minute[];
  /** How many klines the response held, and the open time of the last one, on the minute or not; null without any. */
  count: number;
  lastOpenTime: number | null;
}

/**
 * The candles of a `klines` response for one range: 12 fields each, inside the range, strictly in order, sound. One
 * invalid kline makes the whole response invalid.
 *
 * Klines off the minute are Binance's own: those of 2017-12-04 to 18 are 20.799 s late, those of 2018-02-09 to 11
 * 14.789 s. Their numbers are those of no minute, so they are left out, and so is a kline on the minute that one of them
 * cuts short.
 *
 * The close time reveals candles of another interval. Where trading halted it is irregular, but within the minute.
 *
 * @throws RequestError (`invalid`) that names the first fault and its value
 */
export function parseKlines(body: unknown, range: MinuteRange): Klines {
  const klines = expectList(body, "Binance's response");
  const limit = countMinutes(range);
  if (klines.length > limit) throw invalidResponse(`it held ${klines.length} klines, expected at most ${limit}`);
  const candles: Candle[] = [];
  const offMinute = new Set<Minute>();
  let previous: number | undefined;
  klines.forEach((kline, i) => {
    const fields = expectList(kline, `kline ${i} of Binance's response`);
    if (fields.length !== FIELDS) throw invalidResponse(`kline ${i} had ${fields.length} fields, expected ${FIELDS}`);
    const openTime = parseOpenTime(fields[0], i);
    const isOnMinute = openTime % MINUTE_MS === 0;
    const earliest =
      previous === undefined ? range.from : isOnMinute ? floorMinute(previous) + MINUTE_MS : previous + 1;
    const candle = isOnMinute ? toCandle(openTime, fields, i) : undefined;
    if (openTime < earliest || openTime >= range.to) {
      throw invalidResponse(describeMisplaced(openTime, earliest, range, i));
    }
    requireOneMinute(openTime, fields[6], i);
    if (candle) candles.push(candle);
    else offMinute.add(floorMinute(openTime));
    previous = openTime;
  });
  return {
    candles: toColumns(candles.filter((candle) => !offMinute.has(candle.openTime))),
    offMinute: [...offMinute],
    count: klines.length,
    lastOpenTime: previous ?? null,
  };
}

function parseOpenTime(openTime: unknown, i: number): number {
  if (typeof openTime === 'number' && Number.isSafeInteger(openTime)) return openTime;
  throw invalidResponse(`kline ${i}: open time was ${showValue(openTime)}, expected milliseconds`);
}

function toCandle(openTime: Minute, fields: readonly unknown[], i: number): Candle {
  const [open, high, low, close, volume] = fields.slice(1, 6).map((field) => parseDecimal(field)) as Five;
  const candle = { openTime, open, high, low, close, volume };
  const fault = findFault(candle);
  if (fault) throw invalidResponse(`kline ${i} (${showTime(openTime)}): ${fault}, in ${showValue(fields.slice(1, 6))}`);
  return candle;
}

function requireOneMinute(openTime: number, closeTime: unknown, i: number): void {
  if (typeof closeTime === 'number' && isWithinMinute(openTime, closeTime)) return;
  throw invalidResponse(`kline ${i}: close time was ${showValue(closeTime)}, expected ${openTime + MINUTE_MS - 1}`);
}

type Five = [number, number, number, number, number];

function describeMisplaced(openTime: number, earliest: number, range: MinuteRange, i: number): string {
  const isInside = range.from <= openTime && openTime < range.to;
  const expected = isInside ? `${showTime(earliest)} or later` : `a minute of ${formatRange(range)}`;
  return `kline ${i}: open time was ${showTime(openTime)}, expected ${expected}`;
}

function showTime(openTime: number): string {
  if (openTime <= 0 || openTime >= YEAR_10000) return String(openTime);
  return openTime % MINUTE_MS === 0 ? formatMinute(openTime) : new Date(openTime).toISOString();
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
  const { states, weightLimit } = parseSymbolStates(body);
  const status = states.get(symbol);
  if (status !== undefined) return { status, weightLimit };
  throw new RequestError('refused', `Binance does not list "${symbol}"`, { code: 'UNKNOWN_SYMBOL' });
}

/**
 * The state of every symbol in an `exchangeInfo` response.
 *
 * @throws RequestError (`invalid`) when the response has another shape
 */
export function parseSymbolStates(body: unknown): { states: Map<string, string>; weightLimit: number | undefined } {
  const info = expectRecord(body, "Binance's exchange information");
  const states = expectList(info.symbols, "Binance's symbols").map((entry) => {
    const { symbol, status } = expectRecord(entry, 'a symbol of Binance');
    if (typeof symbol === 'string' && typeof status === 'string') return [symbol, status] as const;
    const what = `the status of ${showValue(symbol)} was ${showValue(status)}, expected a string`;
    throw new RequestError('invalid', what);
  });
  return { states: new Map(states), weightLimit: findWeightLimit(info.rateLimits) };
}

/**
 * Every symbol of an `exchangeInfo` response.
 *
 * @throws RequestError (`invalid`) when the response has another shape
 */
export function parseListedSymbols(body: unknown): ListedSymbol[] {
  const info = expectRecord(body, "Binance's exchange information");
  return expectList(info.symbols, "Binance's symbols").map((entry) => {
    const { symbol, status, baseAsset: base, quoteAsset: quote } = expectRecord(entry, 'a symbol of Binance');
    if (
      typeof symbol === 'string' &&
      typeof status === 'string' &&
      typeof base === 'string' &&
      typeof quote === 'string'
    )
      return { symbol, status, base, quote };
    throw new RequestError(
      'invalid',
      `a symbol of Binance was ${showValue(entry)}, expected its assets and its status`,
    );
  });
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
