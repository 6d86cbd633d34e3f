import { Failure } from '../../core/failure.js';
import type { TrainingLines } from '../../rows/training-row.js';

const INITIAL_CAPACITY = 1_048_576;
/** A line of the server begins with `2025-06-01 12:00:00,,`; these are places in it. */
const [YEAR_END, DATE_END, SECOND, TIME_END] = [4, 10, 17, 19];
const [DASH, SPACE, ZERO, COMMA] = Buffer.from('- 0,');
const T = 'T'.charCodeAt(0);
const Z = 'Z'.charCodeAt(0);

/**
 * Makes a training file's lines of the server's: puts the symbol before them and gives the time its ISO 8601 form, for
 * which the server itself would take a quarter longer. Rows off the minute are left out.
 *
 * Lines are copied as they come, so that nothing is kept of the driver's many small buffers.
 */
export class TrainingCsvBuffer {
  readonly #lead: Buffer;
  #bytes = Buffer.allocUnsafeSlow(INITIAL_CAPACITY);
  #at = 0;
  #length = 0;

  constructor(symbol: string) {
    this.#lead = Buffer.from(`${quote(symbol)},`);
  }

  /** Takes one line of the server, whose first two fields are the time without a time zone, and nothing. */
  readonly append = (line: Buffer): void => {
    const isIso = line[YEAR_END] === DASH && line[DATE_END] === SPACE;
    if (!isIso) throw toUnwritableTime(line);
    if (line[SECOND] !== ZERO || line[SECOND + 1] !== ZERO || line[TIME_END] !== COMMA) return;
    const start = this.#at + this.#lead.length;
    if (start + line.length > this.#bytes.length) this.#grow(start + line.length);
    this.#bytes.set(this.#lead, this.#at);
    this.#bytes.set(line, start);
    this.#bytes[start + DATE_END] = T;
    this.#bytes[start + TIME_END] = Z; // it takes the place of the empty field
    this.#at = start + line.length;
    this.#length += 1;
  };

  /** The lines taken so far; their bytes are good until `clear`. */
  get lines(): TrainingLines {
    return { length: this.#length, bytes: this.#bytes.subarray(0, this.#at) };
  }

  clear(): void {
    this.#at = 0;
    this.#length = 0;
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** A time with more or fewer digits, or before year 1: data files have no form for it that every reader takes. */
function toUnwritableTime(line: Buffer): Failure {
  const [time] = line.toString('latin1', 0, 60).split(',');
  return new Failure('failed', `the row of "${time}" cannot be written: expected a time of the years 1 to 9999`, {
    hint: 'export a range without it with --from and --to, or delete it',
  });
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
