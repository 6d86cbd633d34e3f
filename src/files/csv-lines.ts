import { TRAINING_COLUMNS, type TrainingRow } from '../core/training-row.js';
import { toIsoTime } from './iso-time.js';
import type { RowBatches, Sink } from './sink.js';

/**
 * Writes CSV (RFC 4180, but lines end in LF): a header of column names, then one line a row.
 *
 * `timestamp` is ISO 8601 with `Z`, null an empty field, a number the shortest text that reads back as
 * the same double (`1e-8` included).
 *
 * @returns how many rows it wrote
 */
export async function writeCsv(batches: RowBatches, sink: Sink): Promise<number> {
  await sink.write(`${TRAINING_COLUMNS.map(({ name }) => name).join(',')}\n`);
  let rows = 0;
  for await (const batch of batches) {
    if (batch.length > 0) await sink.write(batch.map(toLine).join(''));
    rows += batch.length;
  }
  return rows;
}

function toLine(row: TrainingRow): string {
  let line = '';
  for (const { name, type } of TRAINING_COLUMNS) {
    const value = row[name];
    if (line !== '') line += ',';
    if (type === 'datetime') line += toIsoTime(row.timestamp);
    else if (typeof value === 'number') line += value;
    else if (value !== null) line += quote(value);
  }
  return `${line}\n`;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
