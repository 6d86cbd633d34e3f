import { SOURCES } from '../../core/candle.js';
import { DAY_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { RowBlock } from '../../rows/row-block.js';
import { TRAINING_COLUMNS, type TrainingLines } from '../../rows/training-row.js';
import { MAX_DECIMAL_BYTES, writeDecimal } from './decimal-text.js';
import { type Blocks, type Lines, toIsoTime } from './format.js';

/** Bounds the text that is in memory at once. */
const ROWS_PER_BATCH = 1_000;

/**
 * Formats rows as the database does: the same bytes for the same rows. The bytes of a batch are valid until the next one is
 * requested.
 */
export async function* toCsvLines(blocks: Blocks): Lines {
  let writer: LineWriter | undefined;
  for await (const block of blocks) {
    writer = writer?.symbol === block.symbol ? writer : new LineWriter(block.symbol);
    for (let start = 0; start < block.length; start += ROWS_PER_BATCH) {
      const end = Math.min(block.length, start + ROWS_PER_BATCH);
      yield { length: end - start, bytes: writer.write(block.columns, start, end) } satisfies TrainingLines;
    }
  }
}

const [COMMA, COLON, ZERO] = Buffer.from(',:0');
/** A time without its date: `12:00:00Z`. */
const TIME_BYTES = 9;
const SOURCE_FIELDS = SOURCES.map((source) => Buffer.from(`,${source}\n`));
const NUMBERS = TRAINING_COLUMNS.flatMap(({ name, type }) => (type === 'number' ? [name as 'open'] : []));

/** Writes the lines of one symbol into a buffer that is used again for each batch. */
class LineWriter {
  readonly symbol: string;
  readonly #prefix: Buffer;
  readonly #bytes: Buffer;
  #day: Minute = NaN;
  #date = Buffer.alloc(0);

  constructor(symbol: string) {
    this.symbol = symbol;
    this.#prefix = Buffer.from(`${quoteCsvField(symbol)},`);
    const rest = Math.max(...SOURCE_FIELDS.map(({ length }) => length));
    const line = this.#prefix.length + MAX_DATE_BYTES + TIME_BYTES + NUMBERS.length * (1 + MAX_DECIMAL_BYTES) + rest;
    this.#bytes = Buffer.allocUnsafeSlow(ROWS_PER_BATCH * line);
  }

  /** The lines of the rows from index `start` up to `end`. */
  write(columns: RowBlock, start: number, end: number): Buffer {
    const numbers = NUMBERS.map((name) => columns[name]);
    const bytes = this.#bytes;
    let at = 0;
    for (let row = start; row < end; row += 1) {
      at = this.#writeTime(writeBytes(bytes, at, this.#prefix), columns.openTime[row]!);
      for (let i = 0; i < numbers.length; i += 1) {
        bytes[at] = COMMA!;
        at = writeDecimal(bytes, at + 1, numbers[i]![row]!);
      }
      at = writeBytes(bytes, at, SOURCE_FIELDS[columns.source[row]!]!);
    }
    return bytes.subarray(0, at);
  }

  /** Writes a time as ISO 8601; the date is made once for all minutes of a day. */
  #writeTime(start: number, minute: Minute): number {
    if (!(minute >= this.#day && minute < this.#day + DAY_MS)) {
      this.#day = Math.floor(minute / DAY_MS) * DAY_MS;
      this.#date = Buffer.from(toIsoTime(this.#day).slice(0, -TIME_BYTES));
    }
    const bytes = this.#bytes;
    const ofDay = (minute - this.#day) / MINUTE_MS;
    const hours = Math.floor(ofDay / 60);
    const at = writeBytes(bytes, start, this.#date);
    writePair(bytes, at, hours);
    bytes[at + 2] = COLON!;
    writePair(bytes, at + 3, ofDay - 60 * hours);
    writeBytes(bytes, at + 5, SECONDS);
    return at + TIME_BYTES;
  }
}

const SECONDS = Buffer.from(':00Z');
/** `+010000-01-01T`: years after 9999 have a sign and two digits more. */
const MAX_DATE_BYTES = 14;

/** Copies a few bytes: faster than `set`. */
function writeBytes(bytes: Buffer, start: number, source: Buffer): number {
  for (let i = 0; i < source.length; i += 1) bytes[start + i] = source[i]!;
  return start + source.length;
}

function writePair(bytes: Buffer, at: number, number: number): void {
  const tens = Math.floor(number / 10);
  bytes[at] = ZERO! + tens;
  bytes[at + 1] = ZERO! + number - 10 * tens;
}

/** A field with quotation marks where it needs them. */
export function quoteCsvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
