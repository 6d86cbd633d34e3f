import { Failure } from '../../core/failure.js';
import { quoteCsvField } from '../../files/formats/csv-lines.js';
import type { TrainingLines } from '../../rows/training-row.js';

/** More than a line usually needs. Memory that is never written to costs nothing. */
const LINE_CAPACITY = 420;
/** Offsets in a line of the server, which begins with `2025-06-01 12:00:00,,`. */
const [YEAR_END, DATE_END, SECOND, TIME_END] = [4, 10, 17, 19];
const [DASH, SPACE, ZERO, COMMA] = Buffer.from('- 0,');
const T = 'T'.charCodeAt(0);
const Z = 'Z'.charCodeAt(0);

/**
 * Converts the server's CSV lines to lines of a training file: adds the symbol in front and rewrites the time as
 * ISO 8601 (formatting it in the query would take a quarter longer). Rows off the whole minute are left out.
 *
 * Lines are copied at once, so that the driver's many small buffers can be freed.
 */
export class TrainingCsvBuffer {
  readonly #prefix: Buffer;
  readonly #capacity: number;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #length = 0;

  /** @param lines how many are expected */
  constructor(symbol: string, lines: number) {
    this.#capacity = lines * LINE_CAPACITY;
    this.#prefix = Buffer.from(`${quoteCsvField(symbol)},`);
  }

  /** Appends one line of the server, whose first two fields are the time without a time zone, and an empty field. */
  readonly append = (line: Buffer): void => {
    const isIso = line[YEAR_END] === DASH && line[DATE_END] === SPACE;
    if (!isIso) throw toUnwritableTime(line);
    if (line[SECOND] !== ZERO || line[SECOND + 1] !== ZERO || line[TIME_END] !== COMMA) return;
    const start = this.#at + this.#prefix.length;
    if (start + line.length > this.#bytes.length) this.#grow(start + line.length);
    this.#bytes.set(this.#prefix, this.#at);
    this.#bytes.set(line, start);
    this.#bytes[start + DATE_END] = T;
    this.#bytes[start + TIME_END] = Z; // replaces the comma of the empty field
    this.#at = start + line.length;
    this.#length += 1;
  };

  /** The lines appended so far; their bytes are valid until `clear`. */
  get lines(): TrainingLines {
    return { length: this.#length, bytes: this.#bytes.subarray(0, this.#at) };
  }

  clear(): void {
    this.#at = 0;
    this.#length = 0;
  }

  #grow(minCapacity: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(minCapacity, 2 * this.#bytes.length, this.#capacity));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** For times before year 1 or after 9999: ISO 8601 has no notation for them that all readers accept. */
function toUnwritableTime(line: Buffer): Failure {
  const [time] = line.toString('latin1', 0, 60).split(',');
  return new Failure('failed', `the row of "${time}" cannot be written: expected a time of the years 1 to 9999`, {
    hint: 'export a range without it with --from and --to, or delete it',
  });
}
