import { MINUTE_MS } from '../../../core/minute.js';
import type { PageRows } from '../page-rows.js';

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

/** One mark for each flagged minute, with all its rules; open when one of its flags is. */
export function toFlagMarks(rows: PageRows): FlagMark[] {
  const marks = new Map<number, FlagMark>();
  const highs = rows.column('high');
  for (const { minute, rule, isOpen } of rows.flags) {
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

/** The lowest and the highest number of some minutes; null without any. */
export function findExtremes(
  columns: readonly Float64Array[],
  first: number,
  last: number,
): { minValue: number; maxValue: number } | null {
  let [minValue, maxValue] = [Infinity, -Infinity];
  for (const values of columns) {
    for (let minute = Math.max(0, first); minute <= last && minute < values.length; minute += 1) {
      const value = values[minute]!;
      if (value < minValue && value > -Infinity) minValue = value;
      if (value > maxValue && value < Infinity) maxValue = value;
    }
  }
  return minValue <= maxValue ? { minValue, maxValue } : null;
}
