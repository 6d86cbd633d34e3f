import { WINDOW } from '../../core/indicator-columns.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { parseSymbols } from '../../core/symbol.js';
import { trainingRowAt } from '../../core/training-batch.js';
import type { TrainingRow } from '../../core/training-row.js';
import { requireCurrentSchema } from '../../store/migrate.js';
import { inSnapshot, streamTrainingBlocks } from '../../store/training-rows.js';
import type { JobContext } from '../context.js';
import { readClock } from '../read-clock.js';
import { withOpened, type Opened } from './opened.js';
import { toMinuteRange, type Time } from './time.js';

/**
 * The valid rows of a symbol, ordered by time: what a training may use, from one unchanging state of the database.
 *
 * The window is ready when there are as many rows as minutes: 600 for the default.
 *
 * @param range the minutes that open in `[from, to)`; without it the last 600 closed minutes
 * @returns all rows at once, 21 fields each; `timestamp` is the open time in epoch milliseconds
 * @throws Failure
 * @example const rows = await loadTrainingRows('BTCUSDT', { from: '2025-06-01', to: '2025-06-08' });
 */
export async function loadTrainingRows(
  symbol: string,
  range?: { from: Time; to: Time },
  opened: Opened = {},
): Promise<TrainingRow[]> {
  const [name = ''] = parseSymbols([symbol]);
  const asked = range && toMinuteRange(range.from, range.to);
  return withOpened(opened, async (context) => {
    const { store } = context;
    await requireCurrentSchema(store);
    const minutes = asked ?? (await newestWindow(context));
    return inSnapshot(store.knex, async (trx) => {
      const rows: TrainingRow[] = [];
      for await (const batch of streamTrainingBlocks(trx, name, minutes)) {
        for (let at = 0; at < batch.length; at += 1) rows.push(trainingRowAt(batch, at));
      }
      return rows;
    });
  });
}

async function newestWindow(context: JobContext): Promise<MinuteRange> {
  const to = floorMinute((await readClock(context)).nowMs);
  return { from: to - WINDOW * MINUTE_MS, to };
}
