import { formatMinute } from '../core/minute.js';
import { toRanges } from '../core/range.js';
import { chooseRow } from '../quality/choose-row.js';
import { recordInserts, recordTimes } from '../store/changes.js';
import type { Transaction } from '../store/handles.js';
import { findCrowdedMinutes, moveToMinute, removeByTime, type CrowdedRow } from '../store/misplaced-rows.js';
import type { CleanRules, RuleChange } from './clean-rules.js';

/** Leaves one row in every minute, on the whole minute: a sound one before an unsound one, then the latest written. */
export async function clearCrowdedMinutes(trx: Transaction, { symbol, jobId }: CleanRules): Promise<RuleChange[]> {
  const crowded = await findCrowdedMinutes(trx, symbol);
  const byMinute = new Map<number, [CrowdedRow, ...CrowdedRow[]]>();
  for (const row of crowded) {
    const others = byMinute.get(row.minute);
    if (others) others.push(row);
    else byMinute.set(row.minute, [row]);
  }
  const winners = [...byMinute.values()].map(chooseRow);
  const losers = crowded.filter((row) => !winners.includes(row));
  const misplaced = winners.filter((row) => !row.isOnMinute);

  const change = { symbol, jobId };
  const times = losers.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'delete', reason: 'another row of the same minute stays' }, times);
  await removeByTime(trx, symbol, times);
  const moved = misplaced.map((row) => row.time);
  await recordTimes(trx, { ...change, action: 'move', reason: 'the timestamp was off the minute' }, moved);
  await recordInserts(trx, symbol, jobId, toRanges(misplaced.map(({ minute }) => minute)));
  for (const { time, minute } of misplaced) await moveToMinute(trx, symbol, time, minute);

  return [
    ...losers.map((row) => toChange(row, 'delete', 'duplicates', 'another row of the same minute stays')),
    ...misplaced.map((row) => toChange(row, 'move', 'moved', `to ${formatMinute(row.minute)}`)),
  ];
}

function toChange(
  { minute, time }: CrowdedRow,
  action: RuleChange['action'],
  count: RuleChange['count'],
  what: string,
): RuleChange {
  return { minute, action, count, reason: `the row at ${time}: ${what}` };
}
