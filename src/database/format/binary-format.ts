import { Failure } from '../../core/failure.js';

/** COPY's binary format (PostgreSQL manual, "COPY", section "Binary Format"): all numbers big-endian. */

/** What a file begins with: the signature, no flags, no extension. */
export const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** What it ends with, where the number of a row's fields would stand. */
export const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

/** The server counts microseconds from 2000-01-01, UTC. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** The greatest time that a Date can hold: the server knows later ones, and infinity. */
const END_OF_TIME = 8.64e15;
const HIGH = 2 ** 32;
const MINUTE_MICROSECONDS = 60_000_000;
/** The length of a field that is NULL. */
const NULL_LENGTH = -1;

/** Writes the fields of rows into a buffer that is large enough. */
export class BinaryWriter {
  readonly buffer: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.buffer.buffer);
  }

  /** What was written so far. */
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

  /** Text that is already encoded. */
  writeText(encoded: Buffer): void {
    this.#view.setInt32(this.#at, encoded.length);
    encoded.copy(this.buffer, this.#at + 4);
    this.#at += 4 + encoded.length;
  }

  #null(): void {
    this.#view.setInt32(this.#at, NULL_LENGTH);
    this.#at += 4;
  }
}

/** Reads rows in the format as the server sends them, field by field in the statement's order. */
export class BinaryReader {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  #isBegun = false;

  /**
   * Goes to a row of the server's, the bytes from `start` up to `end`; false when it is not a row but the end.
   *
   * @throws Failure, as every reading does, when the bytes are no row or end before the field does
   */
  startRow(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes;
    if (bytes.buffer !== this.#view.buffer) this.#view = new DataView(bytes.buffer);
    this.#at = bytes.byteOffset + start;
    this.#end = bytes.byteOffset + end;
    if (!this.#isBegun) {
      const isKnown = bytes.subarray(start, Math.min(end, start + BINARY_HEADER.length)).equals(BINARY_HEADER);
      if (!isKnown) throw toFormatFailure('something else than its binary format');
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

  /** A `timestamptz` in epoch milliseconds, fractions cut off; NaN for NULL, and for what no Date can hold. */
  readTime(): number {
    const start = this.#next(8);
    if (start < 0) return NaN;
    const epochMs = Math.floor(this.#int64(start) / 1000) + EPOCH_MS;
    return Math.abs(epochMs) <= END_OF_TIME ? epochMs : NaN;
  }

  /** A `timestamptz` that stands on a whole minute, in epoch milliseconds; NaN for any other, and for NULL. */
  readMinute(): number {
    const start = this.#next(8);
    if (start < 0) return NaN;
    const microseconds = this.#int64(start);
    const epochMs = microseconds / 1000 + EPOCH_MS;
    return microseconds % MINUTE_MICROSECONDS === 0 && Math.abs(epochMs) <= END_OF_TIME ? epochMs : NaN;
  }

  /** Which of the known texts stands in the field; -1 for another one, and for NULL. */
  readIndexOf(known: readonly Buffer[]): number {
    const start = this.#next();
    if (start < 0) return -1;
    const begin = start - this.#bytes.byteOffset;
    const end = this.#at - this.#bytes.byteOffset;
    return known.findIndex((text) => text.length === end - begin && text.compare(this.#bytes, begin, end) === 0);
  }

  #int64(start: number): number {
    return this.#view.getInt32(start) * HIGH + this.#view.getUint32(start + 4);
  }

  /** Passes the next field, of so many bytes if that is known, and answers where it starts; -1 for NULL. */
  #next(expected?: number): number {
    const start = this.#at + 4;
    if (start > this.#end) throw toFormatFailure('a row that ends too soon');
    const length = this.#view.getInt32(this.#at);
    if (length === NULL_LENGTH) {
      this.#at = start;
      return -1;
    }
    this.#at = start + length;
    if (length < 0 || this.#at > this.#end) throw toFormatFailure('a field that ends behind its row');
    if (expected !== undefined && length !== expected) throw toFormatFailure(`${length} bytes, expected ${expected}`);
    return start;
  }
}

function toFormatFailure(what: string): Failure {
  return new Failure('failed', `the database answered COPY with ${what}`, {
    hint: 'is there something between chartctl and the server that changes what it says?',
  });
}
