import type { PartCoverage } from '../core/coverage.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Minute } from '../core/minute.js';
import type { Screen } from './screen.js';

/** The characters of strips and sparklines, and the terminal they are drawn on. */
export interface Drawing {
  strip: StripStyle;
  spark: SparkStyle;
  /** Undefined in a pipe or a file. */
  screen: Screen | undefined;
}

/** The characters of a coverage strip, from every minute valid to no row at all. */
interface StripStyle {
  full: string;
  most: string;
  some: string;
  few: string;
  none: string;
}

/** The characters of a sparkline, from the lowest value to the highest, and for a missing value. */
interface SparkStyle {
  levels: readonly string[];
  none: string;
}

export const BLOCK_STRIP: StripStyle = { full: '█', most: '▓', some: '▒', few: '░', none: '·' };
export const ASCII_STRIP: StripStyle = { full: '#', most: '*', some: '+', few: '-', none: '.' };
export const BAR_SPARK: SparkStyle = { levels: [...'▁▂▃▄▅▆▇█'], none: '·' };
export const DIGIT_SPARK: SparkStyle = { levels: [...'12345678'], none: '.' };

/** ASCII with `--ascii` and on a terminal without Unicode. */
export function chooseDrawing(screen: Screen | undefined, isAscii = false): Drawing {
  const isPlain = isAscii || screen?.isUnicode === false;
  return isPlain
    ? { strip: ASCII_STRIP, spark: DIGIT_SPARK, screen }
    : { strip: BLOCK_STRIP, spark: BAR_SPARK, screen };
}

/** A title with the meaning of the characters under it: on one line, or on as many as the width demands. */
export function formatLegend(title: string, legend: string, columns: number): string[] {
  const line = `${title}: ${legend}`;
  if (line.length <= columns) return [line];
  const lines: string[] = [];
  for (const part of legend.split('  ')) {
    const longer = `${lines.at(-1) ?? ''}  ${part}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return [title, ...lines];
}

/** One character a part: by the share of its minutes that are valid; `few` also stands for rows of which none is. */
export function drawStrip(parts: readonly PartCoverage[], style: StripStyle): string {
  return parts.map((part) => style[toGrade(part)]).join('');
}

/** The legend of a strip. */
export function describeStrip({ full, most, some, few, none }: StripStyle): string {
  return `${full} every minute valid  ${most} two thirds  ${some} one third  ${few} less  ${none} no row`;
}

function toGrade({ minutes, rows, valid }: PartCoverage): keyof StripStyle {
  if (rows === 0) return 'none';
  if (valid === minutes) return 'full';
  if (valid * 3 >= minutes * 2) return 'most';
  return valid * 3 >= minutes ? 'some' : 'few';
}

/**
 * One character a value, as high as the value lies between the lowest and the highest one; equal values lie in the
 * middle.
 *
 * @param bottom the value of the lowest character, if it is below the lowest value: 0 for quantities
 */
export function drawSparkline(
  values: readonly (number | null)[],
  { levels, none }: SparkStyle,
  bottom?: number,
): string {
  const [lowest, highest] = findExtremes(values) ?? [0, 0];
  const low = Math.min(bottom ?? lowest, lowest);
  const step = (highest - low) / levels.length;
  const characterOf = (value: number) => {
    const level = step > 0 ? Math.floor((value - low) / step) : Math.floor(levels.length / 2) - 1;
    return levels[Math.min(level, levels.length - 1)]!;
  };
  return values.map((value) => (value === null ? none : characterOf(value))).join('');
}

/** The legend of a sparkline. */
export function describeSparkline({ levels, none }: SparkStyle): string {
  return `${levels[0]!} lowest to ${levels.at(-1)!} highest  ${none} no row`;
}

/** The lowest and the highest of the values that are not null; undefined when all are. */
export function findExtremes(values: readonly (number | null)[]): [lowest: number, highest: number] | undefined {
  const found = values.filter((value) => value !== null);
  return found.length > 0 ? [Math.min(...found), Math.max(...found)] : undefined;
}

/**
 * A line over a strip of hours that marks midnights: `|06-01`.
 *
 * @param maxWidth a date that would reach beyond it is left out
 */
export function drawDayMarks(hours: readonly { from: number }[], maxWidth?: number): string {
  let line = '';
  hours.forEach(({ from }, i) => {
    const time = new Date(from).toISOString();
    if (time.slice(11, 13) === '00') line = addMark(line, i, time.slice(5, 10), maxWidth);
  });
  return line;
}

/** The distances between ticks of an axis that are legible as times of the day. */
const TICKS_MS = [10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS];
/** `|06-01` or `|12:00` has 6 characters, and 2 more keep neighbours apart. */
const MARK_DISTANCE = 6 + 2;

/**
 * A line over a strip of which each character stands for the time from `starts[i]` to the next start: it marks
 * midnights with their date and, where there is room, times of the day in between. It is no longer than the strip.
 *
 * @param partMs the length of a character's time
 */
export function drawAxis(starts: readonly Minute[], partMs: number): string {
  const shortest = MARK_DISTANCE * partMs;
  const tickMs = TICKS_MS.find((tick) => tick >= shortest) ?? Math.ceil(shortest / DAY_MS) * DAY_MS;
  let line = '';
  starts.forEach((start, i) => {
    const end = starts[i + 1] ?? start + partMs;
    const tick = Math.ceil(start / tickMs) * tickMs;
    if (tick < end) line = addMark(line, i, formatTick(tick), starts.length);
  });
  return line;
}

function formatTick(instant: number): string {
  const time = new Date(instant).toISOString();
  return instant % DAY_MS === 0 ? time.slice(5, 10) : time.slice(11, 16);
}

/** A line with `|name` at a place; without the name where that would reach beyond `maxWidth`. */
function addMark(line: string, place: number, name: string, maxWidth = Infinity): string {
  return `${line.padEnd(place)}|${place + 1 + name.length <= maxWidth ? name : ''}`;
}
