import { TRAINING_COLUMNS, type TrainingRow } from '../core/training-row.js';
import { toIsoTime } from './iso-time.js';
import type { RowBatches, Sink } from './sink.js';

/**
 * Writes JSON Lines: one object a row, keys in the order of the columns, `timestamp` as ISO 8601 with `Z`.
 *
 * @returns how many rows it wrote
 */
export async function writeJsonLines(batches: RowBatches, sink: Sink): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    if (batch.length > 0) await sink.write(batch.map((row) => `${JSON.stringify(toRecord(row))}\n`).join(''));
    rows += batch.length;
  }
  return rows;
}

function toRecord(row: TrainingRow): Record<string, string | number | null> {
  const entries = TRAINING_COLUMNS.map(({ name, type }) => [
    name,
    type === 'datetime' ? toIsoTime(row.timestamp) : row[name],
  ]);
  return Object.fromEntries(entries) as Record<string, string | number | null>;
}
