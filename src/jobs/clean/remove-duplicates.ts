import { formatMinute } from '../../core/minute.js';
import { toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { chooseRow } from '../../quality/decide-merge.js';
import type { MovedRow } from '../../quality/rules/rule.js';
import { recordInserts, recordTimes } from '../../tables/changes.js';
import {
  type DuplicateRow,
  findDuplicateRows,
  moveRowsToMinutes,
  removeRowsByTimestamp,
} from '../../tables/rolling-chart-data/off-minute-rows.js';
import type { CleanChange, CleanPolicy } from './clean-change.js';

/** What was done, and the rows that now stand on their minute. */
export interface RemovedDuplicates {
  changes: CleanChange[];
  moved: MovedRow[];
}

/** Leaves one row in every minute, on the whole minute: a sound one before an unsound one, then the latest written. */
export async function removeDuplicates(trx: Transaction, { symbol, jobId }: CleanPolicy): Promise<RemovedDuplicates> {
  const crowded = await findDuplicateRows(trx, symbol);
  const byMinute = new Map<number, [DuplicateRow, ...DuplicateRow[]]>();
  for (const row of crowded) {
    const others = byMinute.get(row.minute);
    if (others) others.push(row);
    else byMinute.set(row.minute, [row]);
  }
  const winners = new Set([...byMinute.values()].map(chooseRow));
  const losers = crowded.filter((row) => !winners.has(row));
  const misplaced = [...winners].filter((row) => !row.isOnMinute);

  const change = { symbol, jobId };
  const times = losers.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'delete', reason: 'another row of the same minute stays' }, times);
  await removeRowsByTimestamp(trx, symbol, times);
  const moved = misplaced.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'move', reason: 'the timestamp was off the minute' }, moved);
  await recordInserts(trx, symbol, jobId, toRanges(misplaced.map(({ minute }) => minute)));
  await moveRowsToMinutes(trx, symbol, misplaced);

  const changes = [
    ...losers.map((row) => toChange(row, 'delete', 'another row of the same minute stays')),
    ...misplaced.map((row) => toChange(row, 'move', `to ${formatMinute(row.minute)}`)),
  ];
  return { changes, moved: misplaced };
}

function toChange({ minute, time }: DuplicateRow, action: CleanChange['action'], what: string): CleanChange {
  return { minute, action, reason: `the row at ${time}: ${what}` };
}
