import { HOUR_MS } from '../core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../core/range.js';
import { isSoundAt, isValidAt, type RowBlock } from '../rows/row-block.js';
import type { HourCandle } from './report-data.js';

/** The hours that a range overlaps, each with its row counts and the candle of its sound rows; ordered by time. */
export function toHourCandles(rows: RowBlock, range: MinuteRange): HourCandle[] {
  const first = Math.floor(range.from / HOUR_MS) * HOUR_MS;
  const hours: HourCandle[] = [];
  let at = 0;
  for (let from = first; from < range.to; from += HOUR_MS) {
    const start = at;
    while (at < rows.length && rows.openTime[at]! < from + HOUR_MS) at += 1;
    const minutes = countMinutes(intersect({ from, to: from + HOUR_MS }, range));
    hours.push({ from, minutes, ...toHour(rows, start, at) });
  }
  return hours;
}

/** Counts and joins the rows from `start` up to `end`. */
function toHour(rows: RowBlock, start: number, end: number): Omit<HourCandle, 'from' | 'minutes'> {
  const counted = { rows: end - start, valid: 0, flagged: 0 };
  let candle: HourCandle['candle'] = null;
  for (let at = start; at < end; at += 1) {
    if (rows.hasMissingData[at] === 1) counted.flagged += 1;
    if (isValidAt(rows, at)) counted.valid += 1;
    if (isSoundAt(rows, at)) candle = joinCandles(candle, toCandle(rows, at));
  }
  return { ...counted, candle };
}

function toCandle(rows: RowBlock, at: number): HourCandle['candle'] {
  const [open, high, low, close] = [rows.open, rows.high, rows.low, rows.close].map((column) => column[at]!);
  return { open: open!, high: high!, low: low!, close: close!, volume: rows.volume[at]! };
}

/** The first day of 1970 was a Thursday, weeks begin on a Monday. */
const MONDAY_MS = 4 * 24 * HOUR_MS;

/** Joins hours to days or weeks. */
export function joinHours(hours: readonly HourCandle[], size: number): HourCandle[] {
  if (size === 1) return [...hours];
  const [length, origin] = [size * HOUR_MS, size === 168 ? MONDAY_MS : 0];
  const joined: HourCandle[] = [];
  for (const hour of hours) {
    const from = Math.floor((hour.from - origin) / length) * length + origin;
    const last = joined.at(-1);
    if (last?.from === from) joined[joined.length - 1] = joinTwo(last, hour);
    else joined.push({ ...hour, from });
  }
  return joined;
}

function joinTwo(a: HourCandle, b: HourCandle): HourCandle {
  return {
    from: a.from,
    minutes: a.minutes + b.minutes,
    rows: a.rows + b.rows,
    valid: a.valid + b.valid,
    flagged: a.flagged + b.flagged,
    candle: joinCandles(a.candle, b.candle),
  };
}

function joinCandles(a: HourCandle['candle'], b: HourCandle['candle']): HourCandle['candle'] {
  if (!a || !b) return a ?? b;
  return {
    open: a.open,
    high: Math.max(a.high, b.high),
    low: Math.min(a.low, b.low),
    close: b.close,
    volume: a.volume + b.volume,
  };
}
