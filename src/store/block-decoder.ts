import { CANDLE_FIELDS, SOURCES } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { createBlock, growBlock, STORED_NAN, trimBlock, type RowBlock } from '../core/row-block.js';
import type { BinaryReader } from './binary-format.js';

/** `SOURCES` as they travel. */
export const SOURCE_TEXTS: readonly Buffer[] = SOURCES.map((source) => Buffer.from(source));
/** What another writer left NULL reads as from Binance. */
const UNNAMED_SOURCE = SOURCES.indexOf('BINANCE');

/** Makes a block of rows whose fields are those of `SELECTED`. */
export class BlockDecoder {
  #block: RowBlock;
  #candle: readonly Float64Array[] = [];
  #indicators: readonly Float64Array[] = [];
  #length = 0;

  /** @param capacity how many rows there will be, as far as is known */
  constructor(capacity: number) {
    this.#block = createBlock(capacity);
    this.#nameColumns();
  }

  /** The rows added so far. */
  get block(): RowBlock {
    return trimBlock(this.#block, this.#length);
  }

  /** Adds the row that the reader stands in; one off the minute is left out. */
  add(reader: BinaryReader): void {
    const openTime = reader.minute(); // the server would take half a microsecond for it
    if (Number.isNaN(openTime)) return;
    if (this.#length === this.#block.length) this.#grow();
    const at = this.#length;
    const block = this.#block;
    block.openTime[at] = openTime;
    for (const column of this.#candle) column[at] = reader.number();
    for (const column of this.#indicators) column[at] = reader.number(STORED_NAN);
    const source = reader.oneOf(SOURCE_TEXTS);
    block.source[at] = source < 0 ? UNNAMED_SOURCE : source;
    block.hasMissingData[at] = Number(reader.boolean());
    block.isComplete[at] = Number(reader.boolean());
    block.writtenAt[at] = reader.time();
    this.#length += 1;
  }

  #grow(): void {
    this.#block = growBlock(this.#block, Math.max(1_000, 2 * this.#block.length));
    this.#nameColumns();
  }

  #nameColumns(): void {
    this.#candle = CANDLE_FIELDS.map((field) => this.#block[field]);
    this.#indicators = INDICATOR_COLUMNS.map((column) => this.#block[column]);
  }
}
