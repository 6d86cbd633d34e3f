import { type Candle, hasSameNumbers, isSound, type Source } from '../core/candle.js';
import { type ChartRow, isValid } from '../rows/chart-row.js';

/** What happens to the stored row of a minute when an exchange's candle for it arrives. */
export type MergeAction =
  /** There is no row; the candle is inserted. */
  | 'insert'
  /** The candle replaces the row's. */
  | 'replace'
  /** The exchange has the same numbers, which confirms the row; its source stays. */
  | 'confirm'
  /** The row is not changed. */
  | 'keep';

export interface MergePolicy {
  /** The source of the candle. A fallback exchange never replaces a sound row. */
  source: Source;
  /** Explicitly requested: Binance's candle replaces rows of a fallback exchange, valid or not. */
  replaceFallback: boolean;
  /** Explicitly requested: revised candles of Binance replace valid rows of Binance. */
  replaceValid: boolean;
}

/**
 * The rule by which a stored row may be overwritten.
 *
 * A valid row's candle and source never change, unless `replaceFallback` or `replaceValid` requests it.
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

/** What decides between several rows of one minute. */
interface DuplicateCandidate {
  isSound: boolean;
  writtenAt: Date | null;
}

/**
 * The row to keep where several fall in one minute: a sound one before an unsound one, then the one written last.
 *
 * Among equals, the last of the list.
 */
export function chooseRow<T extends DuplicateCandidate>(rows: readonly [T, ...T[]]): T {
  return rows.reduce((best, row) => (isWorse(row, best) ? best : row));
}

function isWorse(row: DuplicateCandidate, best: DuplicateCandidate): boolean {
  if (row.isSound !== best.isSound) return best.isSound;
  return (row.writtenAt?.getTime() ?? 0) < (best.writtenAt?.getTime() ?? 0);
}
