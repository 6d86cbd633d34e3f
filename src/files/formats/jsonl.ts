import { sourceAt } from '../../rows/row-block.js';
import { TRAINING_COLUMNS, type TrainingBlock } from '../../rows/training-row.js';
import type { Sink } from '../sink.js';
import { type Blocks, toIsoTime } from './format.js';

/** Rows whose text is in memory at once. */
const ROWS_PER_WRITE = 1_000;

/**
 * Writes JSON Lines: one object a row, keys in the order of the columns, `timestamp` as ISO 8601 with `Z`.
 *
 * @returns how many rows it wrote
 */
export async function writeJsonLines(batches: Blocks, sink: Sink): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    const lineAt = lineFormatter(batch);
    for (let start = 0; start < batch.length; start += ROWS_PER_WRITE) {
      let text = '';
      const end = Math.min(batch.length, start + ROWS_PER_WRITE);
      for (let at = start; at < end; at += 1) text += lineAt(at);
      await sink.write(text);
    }
    rows += batch.length;
  }
  return rows;
}

/** What makes the line of a row: what is the same in every line is put together once. */
function lineFormatter({ symbol, columns }: TrainingBlock): (at: number) => string {
  const cells = TRAINING_COLUMNS.map(({ name }, place): [lead: string, textAt: (at: number) => string | number] => {
    const lead = `${place === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (name === 'symbol') return [lead + JSON.stringify(symbol), () => ''];
    if (name === 'timestamp') return [lead, (at) => `"${toIsoTime(columns.openTime[at]!)}"`];
    if (name === 'source') return [lead, (at) => `"${sourceAt(columns, at)}"`];
    return [lead, (at) => formatNumber(columns[name][at]!)];
  });
  return (at) => {
    let line = '';
    for (const [lead, textAt] of cells) line += lead + textAt(at);
    return `${line}}\n`;
  };
}

/** From here on a whole number is written with an exponent: some readers take its digits for an integer and overflow. */
const MAX_PLAIN_INTEGER = 2 ** 53;

/** The shortest text of the same double, -0 included; JSON has no number that is not finite. */
function formatNumber(value: number): number | string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return Object.is(value, 0) ? '0' : '-0.0';
  return Math.abs(value) < MAX_PLAIN_INTEGER ? value : value.toExponential();
}
