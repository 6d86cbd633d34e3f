/** What decides which of several rows of one minute stays. */
export interface Contender {
  isSound: boolean;
  writtenAt: Date | null;
}

/**
 * The row that stays where several fall in one minute: a sound one before an unsound one, then the latest written.
 *
 * Among equals the last of the list stays.
 */
export function chooseRow<T extends Contender>(rows: readonly [T, ...T[]]): T {
  return rows.reduce((best, row) => (isBefore(row, best) ? best : row));
}

function isBefore(row: Contender, best: Contender): boolean {
  if (row.isSound !== best.isSound) return best.isSound;
  return (row.writtenAt?.getTime() ?? 0) < (best.writtenAt?.getTime() ?? 0);
}
