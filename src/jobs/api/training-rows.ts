import { throwIfStopped } from '../../core/failure.js';
import { floorMinute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { parseSymbols } from '../../core/symbol.js';
import { toDatabaseFailure } from '../../database/connection/database-failure.js';
import { beginSnapshot } from '../../database/snapshot.js';
import { windowAt } from '../../quality/window.js';
import { type TrainingRow, trainingRowAt } from '../../rows/training-row.js';
import { requireCurrentSchema } from '../../tables/migration/require-current-schema.js';
import { findNewestMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { streamTrainingBlocks } from '../../tables/rolling-chart-data/training-rows.js';
import type { JobContext } from '../job.js';
import { readClock, withoutFuture } from '../read-clock.js';
import { openContext, type Opened } from './open-context.js';
import { type Time, toMinuteRange } from './time.js';

/**
 * Loads the valid rows of a symbol, ordered by time, from one snapshot of the database.
 *
 * The window is ready if there are as many rows as minutes: 600 by default. Use `streamTrainingRows` for more rows than
 * fit into memory.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
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

/**
 * Streams the same rows as `loadTrainingRows`, one by one, with constant memory.
 *
 * A transaction is open while the rows are read, on a connection of the store. It is closed when the loop ends, by
 * `break` or an error, too.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @param range the minutes that open in `[from, to)`; without it the last 600 closed minutes
 * @throws Failure
 * @example
 * for await (const { timestamp, close, rsi } of streamTrainingRows('BTCUSDT', { from: '2025-01-01', to: new Date() }))
 *   feed(timestamp, close, rsi);
 */
export async function* streamTrainingRows(
  symbol: string,
  range?: { from: Time; to: Time },
  options: Opened = {},
): AsyncGenerator<TrainingRow, void, undefined> {
  const [name = ''] = parseSymbols([symbol]);
  const requested = range && toMinuteRange(range.from, range.to);
  const { context, close } = await openContext(options);
  try {
    await requireCurrentSchema(context.store);
    yield* readRows(
      context,
      name,
      requested ? await withoutFuture(context, requested) : await newestWindow(context, name),
    );
  } catch (error) {
    throw toDatabaseFailure(error, context.store.label);
  } finally {
    await close();
  }
}

async function* readRows(
  { store, signal }: JobContext,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<TrainingRow> {
  const trx = await beginSnapshot(store.knex);
  try {
    for await (const batch of streamTrainingBlocks(trx, symbol, range)) {
      throwIfStopped(signal);
      for (let at = 0; at < batch.length; at += 1) yield trainingRowAt(batch, at);
    }
  } finally {
    await trx.rollback(); // it only read
  }
}

async function newestWindow(context: JobContext, symbol: string): Promise<MinuteRange> {
  const { nowMs } = await readClock(context);
  return windowAt(nowMs, await findNewestMinute(context.store.knex, symbol, floorMinute(nowMs)));
}
