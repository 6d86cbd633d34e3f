import { MINUTE_MS, formatMinute, type Minute } from './minute.js';

/** A half-open stretch of minutes `[from, to)`. */
export interface MinuteRange {
  /** The first minute: epoch milliseconds. */
  from: Minute;
  /** The end, itself not in the range: epoch milliseconds. */
  to: Minute;
}

/** How many minutes the range holds. */
export function countMinutes(range: MinuteRange): number {
  return Math.max(0, (range.to - range.from) / MINUTE_MS);
}

/** How many minutes disjoint ranges hold in total. */
export function sumMinutes(ranges: readonly MinuteRange[]): number {
  return ranges.reduce((sum, range) => sum + countMinutes(range), 0);
}

/** The overlap of two ranges; it may be empty (`to <= from`). */
export function intersect(a: MinuteRange, b: MinuteRange): MinuteRange {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

/** Joins ranges that overlap, touch, or are at most `slackMinutes` apart; the result is ordered. */
export function mergeRanges(ranges: readonly MinuteRange[], slackMinutes = 0): MinuteRange[] {
  const ordered = ranges.filter((range) => range.to > range.from).sort((a, b) => a.from - b.from);
  const merged: MinuteRange[] = [];
  for (const range of ordered) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + slackMinutes * MINUTE_MS) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

/** The longest stretches of consecutive minutes in an ordered list; repeated minutes count once. */
export function toRanges(minutes: ArrayLike<Minute>): MinuteRange[] {
  const ranges: MinuteRange[] = [];
  for (let i = 0; i < minutes.length;) {
    const from = minutes[i]!;
    let to = from + MINUTE_MS;
    for (i += 1; i < minutes.length && minutes[i] === to; i += 1) to += MINUTE_MS;
    ranges.push({ from, to });
  }
  return mergeRanges(ranges);
}

/** The shortest range that holds all of these minutes, which may be in any order; it is empty if there are none. */
export function hullOf(minutes: Iterable<Minute>): MinuteRange {
  const hull = { from: Infinity, to: -Infinity };
  for (const minute of minutes) {
    hull.from = Math.min(hull.from, minute);
    hull.to = Math.max(hull.to, minute + MINUTE_MS);
  }
  return hull;
}

/** The ordered, disjoint `ranges` without the ordered, disjoint `holes`. */
export function subtractRanges(ranges: readonly MinuteRange[], holes: readonly MinuteRange[]): MinuteRange[] {
  const left: MinuteRange[] = [];
  let next = 0;
  for (const range of ranges) {
    let from = range.from;
    while (next < holes.length && holes[next]!.to <= range.from) next += 1;
    for (let i = next; i < holes.length && holes[i]!.from < range.to; i += 1) {
      if (holes[i]!.from > from) left.push({ from, to: holes[i]!.from });
      from = Math.max(from, holes[i]!.to);
    }
    if (from < range.to) left.push({ from, to: range.to });
  }
  return left;
}

/** Joins ranges of an ordered list that touch and agree in everything that `isSame` compares. */
export function joinAdjacent<T extends MinuteRange>(ranges: readonly T[], isSame: (a: T, b: T) => boolean): T[] {
  const joined: T[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.to === range.from && isSame(last, range)) last.to = range.to;
    else joined.push({ ...range });
  }
  return joined;
}

/** Every minute of the range, in order. */
export function* minutesOf(range: MinuteRange): Generator<Minute> {
  for (let minute = range.from; minute < range.to; minute += MINUTE_MS) yield minute;
}

/** Pieces of at most `limit` minutes each, in order. */
export function splitRange(range: MinuteRange, limit: number): MinuteRange[] {
  const pieces: MinuteRange[] = [];
  for (let from = range.from; from < range.to; from += limit * MINUTE_MS) {
    pieces.push({ from, to: Math.min(range.to, from + limit * MINUTE_MS) });
  }
  return pieces;
}

/** `2025-06-01T12:00Z..2025-06-01T12:05Z (5 min)`: how messages and tables show ranges. */
export function formatRange(range: MinuteRange): string {
  return `${formatMinute(range.from)}..${formatMinute(range.to)} (${countMinutes(range)} min)`;
}

/** `2025-06-01T12:00Z..12:05Z (5 min)`: as `formatRange`, without the second date where it is the same day. */
export function formatSpan(range: MinuteRange): string {
  const [from, to] = [formatMinute(range.from), formatMinute(range.to)];
  const isOneDay = from.slice(0, 10) === to.slice(0, 10);
  return `${from}..${isOneDay ? to.slice(11) : to} (${countMinutes(range)} min)`;
}
