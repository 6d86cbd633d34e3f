/** Takes a row of a COPY: the bytes from `start` up to `end`, good for the time of the call. */
export type TakeRow = (bytes: Buffer, start: number, end: number) => void;

/** Types of the protocol's messages (PostgreSQL manual, "Message Formats"), and what precedes a message's content. */
const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
const COPY_DONE = 0x63;
const HEADER_BYTES = 5;

/**
 * Stands between the server and the driver while a `COPY ... TO STDOUT` runs: what belongs to the COPY is taken out, so
 * that to the driver it is a statement without rows.
 *
 * The driver would make three objects of each row and push them through a stream; when that is full it pauses the
 * socket, and a socket that is paused at the end stays dead.
 */
export class CopyRowFilter {
  readonly #take: TakeRow;
  readonly #driver: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;

  /** @param driver gets whole messages; it must be waiting for the next one */
  constructor(take: TakeRow, driver: (bytes: Buffer) => void) {
    this.#take = take;
    this.#driver = driver;
  }

  /** What arrives from the server, cut anywhere. */
  readonly receive = (chunk: Buffer): void => {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      const type = bytes[at];
      if (type === COPY_DATA) this.#takeRow(bytes, at + HEADER_BYTES, end);
      else if (type !== COPY_OUT_RESPONSE && type !== COPY_DONE) this.#driver(bytes.subarray(at, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  };

  /** Gives the driver what has come so far of a later statement's answer. */
  release(): void {
    if (this.#rest.length > 0) this.#driver(this.#rest);
  }

  /** @throws what `take` threw: the rows after it were passed over */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  #takeRow(bytes: Buffer, start: number, end: number): void {
    if (this.#failure) return;
    try {
      this.#take(bytes, start, end);
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}
