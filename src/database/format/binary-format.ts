import { Failure } from '../../core/failure.js';
import { MAX_DATE_MS } from '../../core/minute.js';

/** COPY's binary format (PostgreSQL manual, "COPY", section "Binary Format"). All numbers are big-endian. */

/** Precedes the first row: the signature, no flags, no extension. */
export const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** Follows the last row, in place of a number of fields. */
export const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

/** Times are microseconds since 2000-01-01, UTC. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const HIGH = 2 ** 32;
const MINUTE_MICROSECONDS = 60_000_000;
/** Length of a NULL field. */
const NULL_LENGTH = -1;

/** Writes the fields of rows into a buffer, whose size the caller calculates. */
export class BinaryWriter {
  readonly buffer: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.buffer.buffer);
  }

  /** The bytes written so far. */
  get written(): Buffer {
    return this.buffer.subarray(0, this.#at);
  }

  beginRow(fields: number): void {
    this.#view.setInt16(this.#at, fields);
    this.#at += 2;
  }

  /** A `float8`; NaN is NULL. */
  writeNumber(value: number): void {
    if (Number.isNaN(value)) return this.#null();
    this.#view.setInt32(this.#at, 8);
    this.#view.setFloat64(this.#at + 4, value);
    this.#at += 12;
  }

  /** A `bool`. */
  writeBoolean(value: boolean): void {
    this.#view.setInt32(this.#at, 1);
    this.#view.setUint8(this.#at + 4, value ? 1 : 0);
    this.#at += 5;
  }

  /** A `timestamptz`, from epoch milliseconds; NaN is NULL. */
  writeTime(epochMs: number): void {
    if (Number.isNaN(epochMs)) return this.#null();
    const microseconds = Math.round((epochMs - EPOCH_MS) * 1000);
    this.#view.setInt32(this.#at, 8);
    this.#view.setInt32(this.#at + 4, Math.floor(microseconds / HIGH));
    this.#view.setUint32(this.#at + 8, microseconds - Math.floor(microseconds / HIGH) * HIGH);
    this.#at += 12;
  }

  /** Text, already encoded as UTF-8. */
  writeText(encoded: Buffer): void {
    this.#view.setInt32(this.#at, encoded.length);
    this.#at += 4;
    for (let i = 0; i < encoded.length; i += 1) this.buffer[this.#at + i] = encoded[i]!; // faster than copy for a few bytes
    this.#at += encoded.length;
  }

  #null(): void {
    this.#view.setInt32(this.#at, NULL_LENGTH);
    this.#at += 4;
  }
}

/** Reads rows as the server sends them, field by field in the statement's order. */
export class BinaryReader {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  #isBegun = false;

  /**
   * Starts to read a row, the bytes from `start` up to `end`; false when they are the trailer.
   *
   * @throws Failure, as all methods do, when the bytes are not a row or end before the field does
   */
  startRow(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes;
    if (bytes.buffer !== this.#view.buffer) this.#view = new DataView(bytes.buffer);
    this.#at = bytes.byteOffset + start;
    this.#end = bytes.byteOffset + end;
    if (!this.#isBegun) {
      const isKnown = bytes.subarray(start, Math.min(end, start + BINARY_HEADER.length)).equals(BINARY_HEADER);
      if (!isKnown) throw toFormatFailure('data that are not in its binary format');
      this.#at += BINARY_HEADER.length;
      this.#isBegun = true;
    }
    if (this.#at + 2 > this.#end) throw toFormatFailure('a row without fields');
    const fields = this.#view.getInt16(this.#at);
    this.#at += 2;
    return fields >= 0;
  }

  /** A `float8`; NaN for NULL, and `ifNaN` for one that is stored as NaN. */
  readNumber(ifNaN = NaN): number {
    const start = this.#next(8);
    if (start < 0) return NaN;
    const value = this.#view.getFloat64(start);
    return Number.isNaN(value) ? ifNaN : value;
  }

  /** A `bool`; NULL is false. */
  readBoolean(): boolean {
    const start = this.#next(1);
    return start >= 0 && this.#view.getUint8(start) === 1;
  }

  /** A `bigint` that is not NULL and fits a number. */
  readInteger(): number {
    const start = this.#next(8);
    if (start < 0) throw toFormatFailure('NULL for a number');
    return this.#int64(start);
  }

  /** A `timestamptz` in epoch milliseconds, rounded down; NaN for NULL, and outside the range of a Date. */
  readTime(): number {
    const start = this.#next(8);
    if (start < 0) return NaN;
    const epochMs = Math.floor(this.#int64(start) / 1000) + EPOCH_MS;
    return Math.abs(epochMs) <= MAX_DATE_MS ? epochMs : NaN;
  }

  /** A `timestamptz` on a whole minute, in epoch milliseconds; NaN for any other, and for NULL. */
  readMinute(): number {
    const start = this.#next(8);
    if (start < 0) return NaN;
    const microseconds = this.#int64(start);
    const epochMs = microseconds / 1000 + EPOCH_MS;
    return microseconds % MINUTE_MICROSECONDS === 0 && Math.abs(epochMs) <= MAX_DATE_MS ? epochMs : NaN;
  }

  /**
   * The index of the field's text in `known`; -1 for another text, and for NULL.
   *
   * @param likely the index that is compared first
   */
  readIndexOf(known: readonly Buffer[], likely = 0): number {
    const start = this.#next();
    if (start < 0) return -1;
    if (this.#isText(known[likely]!, start)) return likely;
    for (let index = 0; index < known.length; index += 1) if (this.#isText(known[index]!, start)) return index;
    return -1;
  }

  /** Whether the field from `start` up to the present position is this text. */
  #isText(text: Buffer, start: number): boolean {
    if (text.length !== this.#at - start) return false;
    const begin = start - this.#bytes.byteOffset;
    for (let i = 0; i < text.length; i += 1) if (text[i] !== this.#bytes[begin + i]) return false;
    return true;
  }

  #int64(start: number): number {
    return this.#view.getInt32(start) * HIGH + this.#view.getUint32(start + 4);
  }

  /** Advances past the next field and returns where it starts, -1 for NULL; `expected` is its length, if it is fixed. */
  #next(expected?: number): number {
    const start = this.#at + 4;
    if (start > this.#end) throw toFormatFailure('a truncated row');
    const length = this.#view.getInt32(this.#at);
    if (length === NULL_LENGTH) {
      this.#at = start;
      return -1;
    }
    this.#at = start + length;
    if (length < 0 || this.#at > this.#end) throw toFormatFailure('a field longer than its row');
    if (expected !== undefined && length !== expected) throw toFormatFailure(`${length} bytes, expected ${expected}`);
    return start;
  }
}

function toFormatFailure(what: string): Failure {
  return new Failure('failed', `the database answered COPY with ${what}`, {
    hint: 'check for a proxy between chartctl and the server that changes the data',
  });
}
