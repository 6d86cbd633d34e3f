import type { TrainingRow } from '../../core/training-row.js';
import type { Opened } from './opened.js';
import { streamTrainingRows } from './stream-training-rows.js';
import type { Time } from './time.js';

/**
 * The valid rows of a symbol, ordered by time: what a training may use, from one unchanging state of the database.
 *
 * The window is ready when there are as many rows as minutes: 600 for the default. For more rows than fit into memory
 * there is `streamTrainingRows`.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @param range the minutes that open in `[from, to)`; without it the last 600 closed minutes
 * @returns all rows at once, 21 fields each; `timestamp` is the open time in epoch milliseconds
 * @throws Failure
 * @example
 * const rows = await loadTrainingRows('BTCUSDT', { from: '2025-06-01', to: '2025-06-08' });
 */
export async function loadTrainingRows(
  symbol: string,
  range?: { from: Time; to: Time },
  options: Opened = {},
): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for await (const row of streamTrainingRows(symbol, range, options)) rows.push(row);
  return rows;
}
