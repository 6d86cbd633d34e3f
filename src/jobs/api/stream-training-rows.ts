import { throwIfStopped } from '../../core/failure.js';
import { WINDOW } from '../../core/indicator-columns.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { parseSymbols } from '../../core/symbol.js';
import { trainingRowAt } from '../../core/training-batch.js';
import type { TrainingRow } from '../../core/training-row.js';
import { toDatabaseFailure } from '../../store/connection/database-failure.js';
import { requireCurrentSchema } from '../../store/migration/require-current-schema.js';
import { beginSnapshot, streamTrainingBlocks } from '../../store/training-rows.js';
import type { JobContext } from '../context.js';
import { readClock } from '../read-clock.js';
import { openContext, type Opened } from './opened.js';
import { toMinuteRange, type Time } from './time.js';

/**
 * The same rows as `loadTrainingRows`, one after the other: any number of them in little memory.
 *
 * While they are being read a transaction is open, on a connection of the store's; a loop that ends, is broken out of
 * or throws closes it.
 *
 * @param symbol such as `BTCUSDT`, in any case
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
  const asked = range && toMinuteRange(range.from, range.to);
  const { context, close } = await openContext(options);
  try {
    await requireCurrentSchema(context.store);
    yield* readRows(context, name, asked ?? (await newestWindow(context)));
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

async function newestWindow(context: JobContext): Promise<MinuteRange> {
  const to = floorMinute((await readClock(context)).nowMs);
  return { from: to - WINDOW * MINUTE_MS, to };
}
