import { findNearestWord } from '../config/nearest-word.js';
import { Failure } from '../core/failure.js';
import type { Db } from '../database/store.js';
import { findSpan } from '../tables/rolling-chart-data/row-ends.js';
import { findSymbols } from '../tables/rolling-chart-data/symbols.js';

/** Symbols that a hint names. */
const MAX_SUGGESTED = 5;
/** Symbols with so many first letters in common are near. */
const COMMON_LETTERS = 3;

/**
 * Checks that the table has a row of a symbol.
 *
 * @throws Failure (failed) `NO_ROWS` that names the nearest stored symbols: most likely the name is misspelt
 */
export async function requireStored(db: Db, symbol: string): Promise<void> {
  if (!(await findSpan(db, symbol))) throw await toNotStored(db, symbol);
}

/** The failure of a symbol without a row. */
export async function toNotStored(db: Db, symbol: string): Promise<Failure> {
  const nearest = findNearest(symbol, await findSymbols(db));
  return new Failure('failed', `the database has no row of ${symbol}`, {
    code: 'NO_ROWS',
    hint: nearest.length > 0 ? `did you mean ${nearest.join(', ')}?` : 'chartctl list shows the stored symbols',
  });
}

/** Symbols that differ by a slip of the keyboard, else those that begin alike. */
export function findNearest(symbol: string, known: readonly string[]): string[] {
  const nearest = findNearestWord(symbol, known);
  if (nearest !== undefined) return [nearest];
  return known.filter((candidate) => candidate.startsWith(symbol.slice(0, COMMON_LETTERS))).slice(0, MAX_SUGGESTED);
}
