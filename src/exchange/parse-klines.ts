import type { Candle } from '../core/candle.js';
import { MINUTE_MS, formatMinute, type Minute } from '../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../core/range.js';
import { expectList, showValue } from './expect-shape.js';
import { findFault } from './find-fault.js';
import { parseDecimal } from './parse-decimal.js';
import { RequestProblem } from './request-problem.js';

const FIELDS = 12;
/** The one interval of Binance that is shorter than ours. */
const SECOND_MS = 1_000;
/** Later times are some other unit: microseconds, most likely. */
const YEAR_10000 = 253_402_300_800_000;

/**
 * The candles of a `klines` answer for one range: 12 fields each, on the whole minute, inside the range, strictly
 * in order, sound. One broken rule makes the whole answer nonsense: who knows what else is wrong with it.
 *
 * The close time tells candles of another interval. Where trading halted it is irregular, but still of the minute.
 *
 * @throws RequestProblem (`nonsense`) that names the first fault and its value
 */
export function parseKlines(body: unknown, range: MinuteRange): Candle[] {
  const klines = expectList(body, "Binance's answer");
  const limit = countMinutes(range);
  if (klines.length > limit) throw nonsense(`it held ${klines.length} klines, expected at most ${limit}`);
  let earliest = range.from;
  return klines.map((kline, i) => {
    const candle = parseKline(kline, i);
    const { openTime } = candle;
    if (openTime < earliest || openTime >= range.to) throw nonsense(misplaced(openTime, earliest, range, i));
    earliest = openTime + MINUTE_MS;
    requireOneMinute(openTime, (kline as unknown[])[6], i);
    return candle;
  });
}

function parseKline(kline: unknown, i: number): Candle {
  const fields = expectList(kline, `kline ${i} of Binance's answer`);
  if (fields.length !== FIELDS) throw nonsense(`kline ${i} had ${fields.length} fields, expected ${FIELDS}`);
  const [openTime] = fields;
  if (typeof openTime !== 'number' || !Number.isSafeInteger(openTime) || openTime % MINUTE_MS !== 0) {
    throw nonsense(`kline ${i}: open time was ${showValue(openTime)}, expected milliseconds on the whole minute`);
  }
  const [open, high, low, close, volume] = fields.slice(1, 6).map((field) => parseDecimal(field)) as Five;
  const candle = { openTime, open, high, low, close, volume };
  const fault = findFault(candle);
  if (fault) throw nonsense(`kline ${i} (${showTime(openTime)}): ${fault}, in ${showValue(fields.slice(1, 6))}`);
  return candle;
}

function requireOneMinute(openTime: Minute, closeTime: unknown, i: number): void {
  const lastsMs = typeof closeTime === 'number' ? closeTime - openTime + 1 : NaN;
  if (Number.isInteger(lastsMs) && lastsMs > 1 && lastsMs <= MINUTE_MS && lastsMs !== SECOND_MS) return;
  throw nonsense(`kline ${i}: close time was ${showValue(closeTime)}, expected ${openTime + MINUTE_MS - 1}`);
}

type Five = [number, number, number, number, number];

function misplaced(openTime: number, earliest: number, range: MinuteRange, i: number): string {
  const isInside = range.from <= openTime && openTime < range.to;
  const expected = isInside ? `${formatMinute(earliest)} or later` : `a minute of ${formatRange(range)}`;
  return `kline ${i}: open time was ${showTime(openTime)}, expected ${expected}`;
}

function showTime(openTime: number): string {
  return openTime > 0 && openTime < YEAR_10000 ? formatMinute(openTime) : String(openTime);
}

function nonsense(what: string): RequestProblem {
  return new RequestProblem('nonsense', `Binance's answer makes no sense: ${what}`);
}
