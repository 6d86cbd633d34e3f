import type { Knex } from 'knex';
import { CANDLE_FIELDS, SOURCES } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import { createBlock, trimBlock, type RowBlock } from '../core/row-block.js';
import { BINARY_HEADER, BINARY_TRAILER, BinaryReader, BinaryWriter } from './binary-format.js';
import { CHART_TABLE, ON_MINUTE_SQL, SELECTED } from './chart-columns.js';
import { copyIn } from './copy-in.js';
import { copyOut } from './copy-out.js';

const SOURCE_TEXTS = SOURCES.map((source) => Buffer.from(source));
/** The most bytes that a row takes beside its symbol: field count, two times, numbers, source, two booleans. */
const MOST_ROW_BYTES = 2 + 2 * 12 + (CANDLE_FIELDS.length + INDICATOR_COLUMNS.length) * 12 + (4 + 16) + 2 * 5;
/** The fewest bytes of a row: a time, and nothing else but NULL. */
const LEAST_ROW_BYTES = 2 + 12 + (SELECTED.length - 1) * 4;
/** Rows encoded at a time: the server takes them in while the next ones are made. */
const ROWS_AT_ONCE = 512;

/** The rows of a symbol in a range, ordered by time. */
export async function loadBlock(trx: Knex.Transaction, symbol: string, range: MinuteRange): Promise<RowBlock> {
  const bytes = await copyOut(
    trx,
    `COPY (SELECT ${SELECTED.join(', ')} FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} ORDER BY timestamp
     ) TO STDOUT (FORMAT binary)`,
    [symbol, new Date(range.from).toISOString(), new Date(range.to).toISOString()],
  );
  return decode(bytes, Math.min(countMinutes(range), Math.ceil(bytes.length / LEAST_ROW_BYTES)));
}

/**
 * Stores rows of a block whose minutes are not there yet.
 *
 * @throws SQLSTATE 23505 for a row that somebody else added meanwhile: repeat the transaction
 */
export async function insertBlock(
  trx: Knex.Transaction,
  symbol: string,
  block: RowBlock,
  places: readonly number[],
): Promise<void> {
  if (places.length === 0) return;
  const columns = ['symbol', ...SELECTED].join(', ');
  await copyIn(trx, `COPY ${CHART_TABLE} (${columns}) FROM STDIN (FORMAT binary)`, encode(symbol, block, places));
}

function decode(bytes: Buffer, capacity: number): RowBlock {
  const reader = new BinaryReader(bytes);
  const block = createBlock(capacity);
  const candle = CANDLE_FIELDS.map((field) => block[field]);
  const indicators = INDICATOR_COLUMNS.map((column) => block[column]);
  let at = 0;
  for (; reader.nextRow(); at += 1) {
    block.openTime[at] = reader.time();
    for (const column of candle) column[at] = reader.number();
    for (const column of indicators) column[at] = reader.number(Infinity);
    block.source[at] = toSourcePlace(reader.text());
    block.hasMissingData[at] = Number(reader.boolean());
    block.isComplete[at] = Number(reader.boolean());
    block.writtenAt[at] = reader.time();
  }
  return at === capacity ? block : trimBlock(block, at);
}

function* encode(symbol: string, block: RowBlock, places: readonly number[]): Generator<Buffer> {
  const symbolText = Buffer.from(symbol);
  const numbers = [...CANDLE_FIELDS, ...INDICATOR_COLUMNS].map((name) => block[name]);
  yield BINARY_HEADER;
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
  yield BINARY_TRAILER;
}

/** What another writer left NULL reads as from Binance. */
function toSourcePlace(text: string | null): number {
  const place = SOURCES.findIndex((source) => source === text);
  return text === null || place < 0 ? SOURCES.indexOf('BINANCE') : place;
}
