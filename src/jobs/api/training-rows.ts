import { throwIfStopped } from '../../core/failure.js';
import { parseSymbols } from '../../core/symbol.js';
import { toDatabaseFailure } from '../../database/connection/database-failure.js';
import { beginSnapshot } from '../../database/snapshot.js';
import { type TrainingRow, trainingRowAt } from '../../rows/training-row.js';
import { requireCurrentSchema } from '../../tables/migration/require-current-schema.js';
import { type AskedRange, planRange } from '../export/plan-range.js';
import { openTrainingReader, type Versions } from '../export/training-reader.js';
import type { JobContext } from '../job.js';
import { openContext, type Opened, splitOpened } from './open-context.js';
import { type Time, toMinuteRange, toVersions, type VersionOptions } from './time.js';

/**
 * Loads the valid rows of a symbol, ordered by time, from one snapshot of the database.
 *
 * The window is ready if there are as many rows as minutes: 600 by default. Use `streamTrainingRows` for more rows than
 * fit into memory.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @param range the minutes that open in `[from, to)`; without it the last 600 closed minutes, counted from `asOf`
 * @returns all rows at once, 21 fields each; `timestamp` is the open time in epoch milliseconds
 * @throws Failure
 * @example
 * const rows = await loadTrainingRows('BTCUSDT', { from: '2025-06-01', to: '2025-06-08' });
 */
export async function loadTrainingRows(
  symbol: string,
  range?: { from: Time; to: Time },
  options: Opened & VersionOptions = {},
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
 * @param range the minutes that open in `[from, to)`; without it the last 600 closed minutes, counted from `asOf`
 * @throws Failure
 * @example
 * for await (const { timestamp, close, rsi } of streamTrainingRows('BTCUSDT', { from: '2025-01-01', to: new Date() }))
 *   feed(timestamp, close, rsi);
 */
export async function* streamTrainingRows(
  symbol: string,
  range?: { from: Time; to: Time },
  options: Opened & VersionOptions = {},
): AsyncGenerator<TrainingRow, void, undefined> {
  const [opened, versions] = splitOpened<VersionOptions>(options);
  const [name = ''] = parseSymbols([symbol]);
  const asked = { range: range && toMinuteRange(range.from, range.to), ...toVersions(versions) };
  const { context, close } = await openContext(opened);
  try {
    await requireCurrentSchema(context.store);
    yield* readRows(context, name, asked);
  } catch (error) {
    throw toDatabaseFailure(error, context.store.label);
  } finally {
    await close();
  }
}

async function* readRows(
  context: JobContext,
  symbol: string,
  asked: AskedRange & Versions,
): AsyncGenerator<TrainingRow> {
  const rangeFor = await planRange(context, asked);
  const trx = await beginSnapshot(context.store.knex);
  try {
    const reader = await openTrainingReader(trx, asked, [symbol]);
    for await (const batch of reader.blocks(symbol, await rangeFor(trx, [symbol], reader.instant))) {
      throwIfStopped(context.signal);
      for (let at = 0; at < batch.length; at += 1) yield trainingRowAt(batch, at);
    }
  } finally {
    await trx.rollback(); // it only read
  }
}
