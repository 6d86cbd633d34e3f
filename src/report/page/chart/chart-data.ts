import type { CandlestickData, HistogramData, LineData, UTCTimestamp, WhitespaceData } from 'lightweight-charts';
import { MINUTE_MS } from '../../../core/minute.js';
import type { PayloadColumn } from '../../payload/chart-payload.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';

/** A flag on a minute of the range. */
export interface FlagMark {
  minute: number;
  /** The high of the candle; NaN when it has no price. */
  price: number;
  rules: string;
  isOpen: boolean;
}

/** Consecutive minutes whose rows have one source. */
export interface SourceRun {
  from: number;
  to: number;
  /** Index in `SOURCES`. */
  source: number;
}

/** Minutes without a row, counted from the range's beginning. */
export interface Gap {
  from: number;
  to: number;
}

const SECONDS = MINUTE_MS / 1000;

/** Every minute of the range as a candle in its source's colour, hollow where it closed higher; white space without one. */
export function toCandles(rows: PageRows, { sources, surface }: Palette): (CandlestickData | WhitespaceData)[] {
  const opens = rows.column('open');
  const highs = rows.column('high');
  const lows = rows.column('low');
  const closes = rows.column('close');
  const colors = rows.column('source');
  return everyMinute(rows, (time, index) => {
    const open = opens[index]!;
    const high = highs[index]!;
    const low = lows[index]!;
    const close = closes[index]!;
    if (!Number.isFinite(open + high + low + close)) return { time };
    const color = sources[colors[index]!]!;
    return {
      time,
      open,
      high,
      low,
      close,
      color: close >= open ? surface : color,
      borderColor: color,
      wickColor: color,
    };
  });
}

/** The volumes; those above the threshold have a colour of their own. */
export function toVolumes(rows: PageRows, palette: Palette): (HistogramData | WhitespaceData)[] {
  const volumes = rows.column('volume');
  const threshold = rows.payload.volume?.threshold ?? Infinity;
  return everyMinute(rows, (time, index) => {
    const value = volumes[index]!;
    if (!Number.isFinite(value)) return { time };
    return value > threshold ? { time, value, color: palette.threshold } : { time, value };
  });
}

/** A column's numbers as separate points. */
export function toColumns(rows: PageRows, name: PayloadColumn): { time: UTCTimestamp; value: number }[] {
  const values = rows.column(name);
  const points: { time: UTCTimestamp; value: number }[] = [];
  rows.column('minute').forEach((minute, index) => {
    const value = values[index]!;
    if (Number.isFinite(value)) points.push({ time: rows.secondsAt(minute) as UTCTimestamp, value });
  });
  return points;
}

/** A column's numbers as a line; the segment that would cross a gap is transparent. */
export function toLine(rows: PageRows, name: PayloadColumn): LineData[] {
  const points = toColumns(rows, name);
  return points.map((point, i) => {
    const isLast = points[i + 1]?.time !== point.time + SECONDS;
    return isLast ? { ...point, color: 'transparent' } : point;
  });
}

/** One mark for each flagged minute, with all its rules; open when one of its flags is. */
export function toFlagMarks(rows: PageRows): FlagMark[] {
  const marks = new Map<number, FlagMark>();
  const highs = rows.column('high');
  for (const { minute: time, rule, isOpen } of rows.payload.flags) {
    const minute = Math.round((time - rows.payload.from) / MINUTE_MS);
    const mark = marks.get(minute) ?? { minute, price: highs[rows.indexOf(minute)] ?? NaN, rules: '', isOpen: false };
    const rules = mark.rules === '' ? rule : `${mark.rules}, ${rule}`;
    marks.set(minute, { ...mark, rules, isOpen: mark.isOpen || isOpen });
  }
  return [...marks.values()];
}

/** Splits the rows into runs of one source. */
export function toSourceRuns(rows: PageRows): SourceRun[] {
  const sources = rows.column('source');
  const runs: SourceRun[] = [];
  rows.column('minute').forEach((minute, index) => {
    const last = runs.at(-1);
    if (last?.to === minute && last.source === sources[index]) last.to = minute + 1;
    else runs.push({ from: minute, to: minute + 1, source: sources[index]! });
  });
  return runs;
}

/** The gaps, in minutes counted from the range's beginning. */
export function toGaps({ payload }: PageRows): Gap[] {
  const toMinute = (time: number) => (time - payload.from) / MINUTE_MS;
  return payload.gaps.map(({ from, to }) => ({ from: toMinute(from), to: toMinute(to) }));
}

function everyMinute<T>(rows: PageRows, toItem: (time: UTCTimestamp, index: number) => T): (T | WhitespaceData)[] {
  const items: (T | WhitespaceData)[] = [];
  for (let minute = 0; minute < rows.minutes; minute += 1) {
    const time = rows.secondsAt(minute) as UTCTimestamp;
    const index = rows.indexOf(minute);
    items.push(index < 0 ? { time } : toItem(time, index));
  }
  return items;
}
