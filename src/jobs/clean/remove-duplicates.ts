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

export interface RemovedDuplicates {
  changes: CleanChange[];
  /** Rows whose timestamp was moved to the whole minute. */
  moved: MovedRow[];
}

/**
 * Keeps one row in every minute and moves it to the whole minute. A sound row is preferred to an unsound one, then the
 * one written last.
 */
export async function removeDuplicates(trx: Transaction, { symbol, jobId }: CleanPolicy): Promise<RemovedDuplicates> {
  const rows = await findDuplicateRows(trx, symbol);
  const byMinute = new Map<number, [DuplicateRow, ...DuplicateRow[]]>();
  for (const row of rows) {
    const others = byMinute.get(row.minute);
    if (others) others.push(row);
    else byMinute.set(row.minute, [row]);
  }
  const kept = new Set([...byMinute.values()].map(chooseRow));
  const duplicates = rows.filter((row) => !kept.has(row));
  const offMinute = [...kept].filter((row) => !row.isOnMinute);

  const change = { symbol, jobId };
  const times = duplicates.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'delete', reason: 'another row of the same minute stays' }, times);
  await removeRowsByTimestamp(trx, symbol, times);
  const moved = offMinute.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'move', reason: 'the timestamp was off the minute' }, moved);
  await recordInserts(trx, symbol, jobId, toRanges(offMinute.map(({ minute }) => minute)));
  await moveRowsToMinutes(trx, symbol, offMinute);

  const changes = [
    ...duplicates.map((row) => toChange(row, 'delete', 'another row of the same minute stays')),
    ...offMinute.map((row) => toChange(row, 'move', `to ${formatMinute(row.minute)}`)),
  ];
  return { changes, moved: offMinute };
}

function toChange({ minute, time }: DuplicateRow, action: CleanChange['action'], what: string): CleanChange {
  return { minute, action, reason: `the row at ${time}: ${what}` };
}
