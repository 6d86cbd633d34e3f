import type { Knex } from 'knex';
import { CANDLE_FIELDS } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import type { RowBlock } from '../core/row-block.js';
import { BINARY_HEADER, BINARY_TRAILER, BinaryWriter } from './binary-format.js';
import { SOURCE_TEXTS } from './block-decoder.js';
import { SELECTED } from './chart-columns.js';
import { copyIn } from './copy-in.js';

/** Some rows of a symbol's block. */
export interface PlacedRows {
  symbol: string;
  block: RowBlock;
  /** Their places in the block. */
  places: readonly number[];
}

/** The most bytes that a row takes beside its symbol: field count, two times, numbers, source, two booleans. */
const MOST_ROW_BYTES = 2 + 2 * 12 + (CANDLE_FIELDS.length + INDICATOR_COLUMNS.length) * 12 + (4 + 16) + 2 * 5;
/** Rows encoded at a time: the server takes them in while the next ones are made. */
const ROWS_AT_ONCE = 512;

/** Copies rows of blocks into a table that has the columns of the chart table. */
export function copyBlocksIn(trx: Knex.Transaction, table: string, parts: readonly PlacedRows[]): Promise<void> {
  const columns = ['symbol', ...SELECTED].join(', ');
  return copyIn(trx, `COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`, encodeAll(parts));
}

function* encodeAll(parts: readonly PlacedRows[]): Generator<Buffer> {
  yield BINARY_HEADER;
  for (const part of parts) yield* encode(part);
  yield BINARY_TRAILER;
}

function* encode({ symbol, block, places }: PlacedRows): Generator<Buffer> {
  const symbolText = Buffer.from(symbol);
  const numbers = [...CANDLE_FIELDS, ...INDICATOR_COLUMNS].map((name) => block[name]);
  for (let start = 0; start < places.length; start += ROWS_AT_ONCE) {
    const end = Math.min(places.length, start + ROWS_AT_ONCE);
    const writer = new BinaryWriter((end - start) * (4 + symbolText.length + MOST_ROW_BYTES));
    for (let i = start; i < end; i += 1) {
      const at = places[i]!;
      writer.beginRow(1 + SELECTED.length);
      writer.text(symbolText);
      writer.time(block.openTime[at]!);
      for (const column of numbers) writer.number(column[at]!);
      writer.text(SOURCE_TEXTS[block.source[at]!]!);
      writer.boolean(block.hasMissingData[at] === 1);
      writer.boolean(block.isComplete[at] === 1);
      writer.time(block.writtenAt[at]!);
    }
    yield writer.written;
  }
}
