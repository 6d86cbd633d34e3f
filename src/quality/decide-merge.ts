import { type Candle, hasSameNumbers, isSound, type Source } from '../core/candle.js';
import { type ChartRow, isValid } from '../rows/chart-row.js';

/** What an exchange's answer does to the row that stands at its minute. */
export type MergeAction =
  /** There is no row yet. */
  | 'insert'
  /** The answer takes the row's place. */
  | 'replace'
  /** The row's numbers are the exchange's own: it vouches for them, the source stays. */
  | 'confirm'
  /** The row stays as it is. */
  | 'keep';

export interface MergePolicy {
  /** Where the answer comes from. A fallback exchange never overrules a sound row. */
  source: Source;
  /** Asked for by name: rows of a fallback exchange give way, valid or not. */
  replaceFallback: boolean;
  /** Asked for by name: valid rows of Binance give way to other numbers of Binance, which it revised since. */
  replaceValid: boolean;
}

/**
 * The rule of who may overwrite what.
 *
 * A valid row's candle and source never change, unless `replaceFallback` or `replaceValid` asks for it by name.
 */
export function decideMerge(row: ChartRow | undefined, answer: Candle, policy: MergePolicy): MergeAction {
  if (!row) return 'insert';
  if (policy.source === 'FALLBACK') return isSound(row) ? 'keep' : 'replace';
  if (row.source === 'FALLBACK' && policy.replaceFallback) return 'replace';
  const isProtected = isValid(row) && !(policy.replaceValid && row.source !== 'FALLBACK');
  if (!hasSameNumbers(row, answer)) return isProtected ? 'keep' : 'replace';
  if (isValid(row)) return 'keep';
  return row.hasMissingData || row.writtenAt === null ? 'confirm' : 'keep';
}

/** What decides which of several rows of one minute stays. */
export interface DuplicateCandidate {
  isSound: boolean;
  writtenAt: Date | null;
}

/**
 * The row that stays where several fall in one minute: a sound one before an unsound one, then the latest written.
 *
 * Among equals the last of the list stays.
 */
export function chooseRow<T extends DuplicateCandidate>(rows: readonly [T, ...T[]]): T {
  return rows.reduce((best, row) => (isWorse(row, best) ? best : row));
}

function isWorse(row: DuplicateCandidate, best: DuplicateCandidate): boolean {
  if (row.isSound !== best.isSound) return best.isSound;
  return (row.writtenAt?.getTime() ?? 0) < (best.writtenAt?.getTime() ?? 0);
}
