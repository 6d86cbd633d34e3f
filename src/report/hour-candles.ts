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
    if (isSoundAt(rows, at)) candle = joinCandle(candle, rows, at);
  }
  return { ...counted, candle };
}

function joinCandle(candle: HourCandle['candle'], rows: RowBlock, at: number): HourCandle['candle'] {
  const [open, high, low] = [rows.open[at]!, rows.high[at]!, rows.low[at]!];
  const [close, volume] = [rows.close[at]!, rows.volume[at]!];
  if (!candle) return { open, high, low, close, volume };
  return {
    open: candle.open,
    high: Math.max(candle.high, high),
    low: Math.min(candle.low, low),
    close,
    volume: candle.volume + volume,
  };
}
