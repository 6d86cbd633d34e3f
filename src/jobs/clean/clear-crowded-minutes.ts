import { formatMinute } from '../../core/minute.js';
import { toRanges } from '../../core/range.js';
import { chooseRow } from '../../quality/choose-row.js';
import type { MovedRow } from '../../quality/off-minute.js';
import { recordInserts, recordTimes } from '../../store/changes.js';
import type { Transaction } from '../../store/handles.js';
import { findCrowdedMinutes, moveToMinutes, removeByTime, type CrowdedRow } from '../../store/misplaced-rows.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';

/** What was done, and the rows that now stand on their minute. */
export interface TidiedMinutes {
  changes: CleanChange[];
  moved: MovedRow[];
}

/** Leaves one row in every minute, on the whole minute: a sound one before an unsound one, then the latest written. */
export async function clearCrowdedMinutes(trx: Transaction, { symbol, jobId }: CleanPolicy): Promise<TidiedMinutes> {
  const crowded = await findCrowdedMinutes(trx, symbol);
  const byMinute = new Map<number, [CrowdedRow, ...CrowdedRow[]]>();
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
  await removeByTime(trx, symbol, times);
  const moved = misplaced.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'move', reason: 'the timestamp was off the minute' }, moved);
  await recordInserts(trx, symbol, jobId, toRanges(misplaced.map(({ minute }) => minute)));
  await moveToMinutes(trx, symbol, misplaced);

  const changes = [
    ...losers.map((row) => toChange(row, 'delete', 'another row of the same minute stays')),
    ...misplaced.map((row) => toChange(row, 'move', `to ${formatMinute(row.minute)}`)),
  ];
  return { changes, moved: misplaced };
}

function toChange({ minute, time }: CrowdedRow, action: CleanChange['action'], what: string): CleanChange {
  return { minute, action, reason: `the row at ${time}: ${what}` };
}
