import type { HourCoverage } from '../core/hour-coverage.js';

/** The characters of a strip, from every minute valid to no row at all. */
export interface StripStyle {
  full: string;
  most: string;
  some: string;
  few: string;
  none: string;
}

export const BLOCKS: StripStyle = { full: '█', most: '▓', some: '▒', few: '░', none: '·' };
export const ASCII: StripStyle = { full: '#', most: '*', some: '+', few: '-', none: '.' };

/** One character an hour: by the share of its minutes that are valid; `few` also stands for rows of which none is. */
export function drawStrip(hours: readonly HourCoverage[], style: StripStyle): string {
  return hours.map((hour) => style[gradeOf(hour)]).join('');
}

/** What the characters mean. */
export function describeStrip({ full, most, some, few, none }: StripStyle): string {
  return `${full} every minute valid  ${most} two thirds  ${some} one third  ${few} less  ${none} no row`;
}

/** A line over the strip that marks midnights: `|06-01`. */
export function drawDays(hours: readonly HourCoverage[]): string {
  let line = '';
  hours.forEach(({ from }, i) => {
    const time = new Date(from).toISOString();
    if (time.slice(11, 13) === '00') line = `${line.padEnd(i)}|${time.slice(5, 10)}`;
  });
  return line;
}

function gradeOf({ minutes, rows, valid }: HourCoverage): keyof StripStyle {
  if (rows === 0) return 'none';
  if (valid === minutes) return 'full';
  if (valid * 3 >= minutes * 2) return 'most';
  return valid * 3 >= minutes ? 'some' : 'few';
}
