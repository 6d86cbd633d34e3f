import type { PartCoverage } from '../../core/coverage.js';

/** How much of some minutes is valid, from all to nothing; the names are classes of the style sheet. */
export const GRADES = [
  { name: 'full', meaning: 'every minute valid' },
  { name: 'most', meaning: 'two thirds' },
  { name: 'some', meaning: 'one third' },
  { name: 'few', meaning: 'less, or rows of which none is valid' },
  { name: 'none', meaning: 'no row' },
] as const;

export type Grade = (typeof GRADES)[number]['name'];

export function gradeOf({ minutes, rows, valid }: Omit<PartCoverage, 'from'>): Grade {
  if (rows === 0) return 'none';
  if (valid === minutes) return 'full';
  if (valid * 3 >= minutes * 2) return 'most';
  return valid * 3 >= minutes ? 'some' : 'few';
}
