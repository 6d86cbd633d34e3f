import type { CandlestickData, HistogramData, LineData, UTCTimestamp, WhitespaceData } from 'lightweight-charts';
import { MINUTE_MS } from '../../core/minute.js';
import type { PayloadColumn } from '../chart-payload.js';
import type { FlagMark, SourceRun } from './candle-marks.js';
import type { Gap } from './gap-shade.js';
import type { PageRows } from './page-rows.js';
import type { Palette } from './palette.js';

const SECONDS = MINUTE_MS / 1000;

/** Every minute of the range as a candle in its source's colour, hollow where it closed higher; or as white space. */
export function toCandles(rows: PageRows, { sources, surface }: Palette): (CandlestickData | WhitespaceData)[] {
  const opens = rows.column('open');
  const highs = rows.column('high');
  const lows = rows.column('low');
  const closes = rows.column('close');
  const colors = rows.column('source');
  return everyMinute(rows, (time, place) => {
    const open = opens[place]!;
    const high = highs[place]!;
    const low = lows[place]!;
    const close = closes[place]!;
    if (!Number.isFinite(open + high + low + close)) return { time };
    const color = sources[colors[place]!]!;
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

/** The volumes; those above the threshold stand out. */
export function toVolumes(rows: PageRows, palette: Palette): (HistogramData | WhitespaceData)[] {
  const volumes = rows.column('volume');
  const threshold = rows.payload.volume?.threshold ?? Infinity;
  return everyMinute(rows, (time, place) => {
    const value = volumes[place]!;
    if (!Number.isFinite(value)) return { time };
    return value > threshold ? { time, value, color: palette.threshold } : { time, value };
  });
}

/** A column's numbers, each to be drawn by itself. */
export function toColumns(rows: PageRows, name: PayloadColumn): { time: UTCTimestamp; value: number }[] {
  const values = rows.column(name);
  const points: { time: UTCTimestamp; value: number }[] = [];
  rows.column('minute').forEach((minute, place) => {
    const value = values[place]!;
    if (Number.isFinite(value)) points.push({ time: rows.secondsAt(minute) as UTCTimestamp, value });
  });
  return points;
}

/** A column's numbers; the line from the last one before a gap, which would cross it, is not to be seen. */
export function toLine(rows: PageRows, name: PayloadColumn): LineData[] {
  const points = toColumns(rows, name);
  return points.map((point, i) => {
    const isLast = points[i + 1]?.time !== point.time + SECONDS;
    return isLast ? { ...point, color: 'transparent' } : point;
  });
}

/** The flags of each minute together, open ones first. */
export function toFlagMarks(rows: PageRows): FlagMark[] {
  const marks = new Map<number, FlagMark>();
  const highs = rows.column('high');
  for (const { minute: time, rule, isOpen } of rows.payload.flags) {
    const minute = Math.round((time - rows.payload.from) / MINUTE_MS);
    const mark = marks.get(minute) ?? { minute, price: highs[rows.placeOf(minute)] ?? NaN, rules: '', isOpen: false };
    const rules = mark.rules === '' ? rule : `${mark.rules}, ${rule}`;
    marks.set(minute, { ...mark, rules, isOpen: mark.isOpen || isOpen });
  }
  return [...marks.values()];
}

/** Stretches of minutes whose rows are of one source. */
export function toSourceRuns(rows: PageRows): SourceRun[] {
  const sources = rows.column('source');
  const runs: SourceRun[] = [];
  rows.column('minute').forEach((minute, place) => {
    const last = runs.at(-1);
    if (last?.to === minute && last.source === sources[place]) last.to = minute + 1;
    else runs.push({ from: minute, to: minute + 1, source: sources[place]! });
  });
  return runs;
}

/** The gaps by the minutes' places in the range. */
export function toGaps({ payload }: PageRows): Gap[] {
  const toMinute = (time: number) => (time - payload.from) / MINUTE_MS;
  return payload.gaps.map(({ from, to }) => ({ from: toMinute(from), to: toMinute(to) }));
}

function everyMinute<T>(rows: PageRows, toItem: (time: UTCTimestamp, place: number) => T): (T | WhitespaceData)[] {
  const items: (T | WhitespaceData)[] = [];
  for (let minute = 0; minute < rows.minutes; minute += 1) {
    const time = rows.secondsAt(minute) as UTCTimestamp;
    const place = rows.placeOf(minute);
    items.push(place < 0 ? { time } : toItem(time, place));
  }
  return items;
}
