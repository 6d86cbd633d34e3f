import type { PartCoverage } from '../core/hour-coverage.js';
import { mark } from './time-axis.js';

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

/** One character a part: by the share of its minutes that are valid; `few` also stands for rows of which none is. */
export function drawStrip(parts: readonly PartCoverage[], style: StripStyle): string {
  return parts.map((part) => style[gradeOf(part)]).join('');
}

/** What the characters mean. */
export function describeStrip({ full, most, some, few, none }: StripStyle): string {
  return `${full} every minute valid  ${most} two thirds  ${some} one third  ${few} less  ${none} no row`;
}

/**
 * A line over a strip of hours that marks midnights: `|06-01`.
 *
 * @param room characters that the line may have; a date that needs more is left out
 */
export function drawDays(hours: readonly { from: number }[], room?: number): string {
  let line = '';
  hours.forEach(({ from }, i) => {
    const time = new Date(from).toISOString();
    if (time.slice(11, 13) === '00') line = mark(line, i, time.slice(5, 10), room);
  });
  return line;
}

function gradeOf({ minutes, rows, valid }: PartCoverage): keyof StripStyle {
  if (rows === 0) return 'none';
  if (valid === minutes) return 'full';
  if (valid * 3 >= minutes * 2) return 'most';
  return valid * 3 >= minutes ? 'some' : 'few';
}
