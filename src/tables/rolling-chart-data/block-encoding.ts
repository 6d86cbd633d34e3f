import { CANDLE_FIELDS, SOURCES } from '../../core/candle.js';
import type { MinuteRange } from '../../core/range.js';
import { copyIn } from '../../database/copy.js';
import { BINARY_HEADER, BINARY_TRAILER, type BinaryReader, BinaryWriter } from '../../database/format/binary-format.js';
import { toArrayLiteral, toTimestampText } from '../../database/format/text-format.js';
import type { Transaction } from '../../database/store.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import {
  createBlock,
  growBlock,
  type RowBlock,
  sortBlock,
  sourceAt,
  STORED_NAN,
  trimBlock,
} from '../../rows/row-block.js';
import { CHART_COLUMNS, type NumberColumn, type OtherColumn } from './columns.js';

/** The bytes of each of `SOURCES`, in the same order. */
export const SOURCE_TEXTS: readonly Buffer[] = SOURCES.map((source) => Buffer.from(source));
/** The index in `SOURCES` that stands for NULL. */
const DEFAULT_SOURCE = SOURCES.indexOf('BINANCE');

/** The columns of a candle, in the order in which candles without the rest of their rows are read. */
export const CANDLE_COLUMNS = ['timestamp', ...CANDLE_FIELDS] as const;

/** Collects rows in COPY's binary format, with the fields of `CHART_COLUMNS`, in a block that is ordered by time. */
export class BlockDecoder {
  #block: RowBlock;
  #candle: readonly Float64Array[] = [];
  #indicators: readonly Float64Array[] = [];
  #length = 0;
  /** The rows at the beginning of which only the candle was added. */
  #candles = 0;
  #isOrdered = true;

  /** @param capacity the expected number of rows; the block grows when there are more */
  constructor(capacity: number) {
    this.#block = createBlock(capacity);
    this.#selectColumns();
  }

  /** The rows added so far. */
  get block(): RowBlock {
    for (const column of [...this.#indicators, this.#block.writtenAt]) column.fill(NaN, 0, this.#candles);
    const block = trimBlock(this.#block, this.#length);
    return this.#isOrdered ? block : sortBlock(block);
  }

  /** Adds the reader's current row unless its time is not a whole minute or lies outside of `range`. */
  add(reader: BinaryReader, range?: MinuteRange): void {
    const at = this.#addCandle(reader, range);
    if (at < 0) return;
    const block = this.#block;
    for (const column of this.#indicators) column[at] = reader.readNumber(STORED_NAN);
    const source = reader.readIndexOf(SOURCE_TEXTS);
    block.source[at] = source < 0 ? DEFAULT_SOURCE : source;
    block.hasMissingData[at] = Number(reader.readBoolean());
    block.isComplete[at] = Number(reader.readBoolean());
    block.writtenAt[at] = reader.readTime();
  }

  /** The same for a row with the fields of `CANDLE_COLUMNS`, whose indicators become NaN; before all whole rows. */
  addCandle(reader: BinaryReader, range?: MinuteRange): void {
    if (this.#addCandle(reader, range) >= 0) this.#candles += 1;
  }

  /** The row's index, -1 if it is left out. */
  #addCandle(reader: BinaryReader, range?: MinuteRange): number {
    const openTime = reader.readMinute(); // filtering here is cheaper than a condition in the query (0.5 µs a row)
    if (Number.isNaN(openTime) || (range && (openTime < range.from || openTime >= range.to))) return -1;
    if (this.#length === this.#block.length) this.#grow();
    const at = this.#length;
    const block = this.#block;
    if (at > 0 && openTime < block.openTime[at - 1]!) this.#isOrdered = false;
    block.openTime[at] = openTime;
    for (const column of this.#candle) column[at] = reader.readNumber();
    this.#length += 1;
    return at;
  }

  #grow(): void {
    this.#block = growBlock(this.#block, Math.max(1_000, 2 * this.#block.length));
    this.#selectColumns();
  }

  #selectColumns(): void {
    this.#candle = CANDLE_FIELDS.map((field) => this.#block[field]);
    this.#indicators = INDICATOR_COLUMNS.map((column) => this.#block[column]);
  }
}

/** Selected rows of a symbol's block. */
export interface BlockRows {
  symbol: string;
  block: RowBlock;
  /** Their indices in the block, ascending. */
  indices: readonly number[];
}

/** The columns of `double precision`, in the order in which they are written. */
const NUMBER_COLUMNS = [...CANDLE_FIELDS, ...INDICATOR_COLUMNS];

/** Maximum size of an encoded row without its symbol: field count, two times, numbers, source, two booleans. */
const MAX_ROW_BYTES = 2 + 2 * 12 + NUMBER_COLUMNS.length * 12 + (4 + 16) + 2 * 5;
/** Rows per chunk: the server reads one while the next is encoded. */
const ENCODE_BATCH_ROWS = 512;

/** Copies rows of blocks into a table that has the columns of the chart table. */
export function copyBlocksIn(trx: Transaction, table: string, parts: readonly BlockRows[]): Promise<void> {
  const columns = ['symbol', ...CHART_COLUMNS].join(', ');
  return copyIn(trx, `COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`, encodeParts(parts));
}

function* encodeParts(parts: readonly BlockRows[]): Generator<Buffer> {
  yield BINARY_HEADER;
  for (const part of parts) yield* encodeRows(part);
  yield BINARY_TRAILER;
}

function* encodeRows(rows: BlockRows): Generator<Buffer> {
  const symbolText = Buffer.from(rows.symbol);
  const { length } = rows.indices;
  for (let start = 0; start < length; start += ENCODE_BATCH_ROWS) {
    yield encodeBatch(rows, symbolText, start, Math.min(length, start + ENCODE_BATCH_ROWS));
  }
}

/** The rows from `indices[start]` up to `indices[end]`. */
function encodeBatch({ block, indices }: BlockRows, symbolText: Buffer, start: number, end: number): Buffer {
  const { openTime, source, hasMissingData, isComplete, writtenAt } = block;
  const numbers = NUMBER_COLUMNS.map((name) => block[name]);
  const writer = new BinaryWriter((end - start) * (4 + symbolText.length + MAX_ROW_BYTES));
  for (let i = start; i < end; i += 1) {
    const at = indices[i]!;
    writer.beginRow(1 + CHART_COLUMNS.length);
    writer.writeText(symbolText);
    writer.writeTime(openTime[at]!);
    for (let column = 0; column < numbers.length; column += 1) writer.writeNumber(numbers[column]![at]!);
    writer.writeText(SOURCE_TEXTS[source[at]!]!);
    writer.writeBoolean(hasMissingData[at] === 1);
    writer.writeBoolean(isComplete[at] === 1);
    writer.writeTime(writtenAt[at]!);
  }
  return writer.written;
}

/** How a column is written as an array literal: its element type, and the text of a row's value. */
interface ArrayColumn {
  type: 'text' | 'timestamptz' | 'bool' | 'float8';
  textAt: (part: BlockRows, index: number) => string;
}

/** The columns that are not `double precision`. */
const OTHER_COLUMNS = {
  symbol: { type: 'text', textAt: ({ symbol }) => toArrayLiteral([symbol]).slice(1, -1) },
  timestamp: { type: 'timestamptz', textAt: ({ block }, index) => toTimeText(block.openTime[index]!) },
  source: { type: 'text', textAt: ({ block }, index) => sourceAt(block, index) },
  hasmissingdata: { type: 'bool', textAt: ({ block }, index) => toBooleanText(block.hasMissingData[index]!) },
  iscomplete: { type: 'bool', textAt: ({ block }, index) => toBooleanText(block.isComplete[index]!) },
  written_at: { type: 'timestamptz', textAt: ({ block }, index) => toTimeText(block.writtenAt[index]!) },
} satisfies Record<OtherColumn, ArrayColumn>;

/** A FROM item and the bindings of its placeholders. */
export interface SqlRows {
  sql: string;
  bindings: readonly string[];
}

/** Rows as one array literal for each column, so that the number of bindings does not depend on the number of rows. */
export function unnestBlocks(names: readonly (NumberColumn | OtherColumn)[], parts: readonly BlockRows[]): SqlRows {
  const columns = names.map(toArrayColumn);
  return {
    sql: `unnest(${columns.map(({ type }) => `?::${type}[]`).join(', ')}) AS v(${names.join(', ')})`,
    bindings: columns.map(({ textAt }) => {
      const texts = parts.flatMap((part) => part.indices.map((index) => textAt(part, index)));
      return `{${texts.join(',')}}`;
    }),
  };
}

function toArrayColumn(name: NumberColumn | OtherColumn): ArrayColumn {
  if (isOtherColumn(name)) return OTHER_COLUMNS[name];
  return { type: 'float8', textAt: ({ block }, index) => toNumberText(block[name][index]!) };
}

function isOtherColumn(name: NumberColumn | OtherColumn): name is OtherColumn {
  return name in OTHER_COLUMNS;
}

/** A time as an element of an array literal; NaN becomes NULL. */
export function toTimeText(epochMs: number): string {
  return Number.isNaN(epochMs) ? 'NULL' : toTimestampText(new Date(epochMs));
}

function toBooleanText(mark: number): string {
  return mark === 1 ? 't' : 'f';
}

function toNumberText(value: number): string {
  return Number.isNaN(value) ? 'NULL' : String(value);
}
