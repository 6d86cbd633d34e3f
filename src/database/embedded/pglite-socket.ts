import type { PGlite } from '@electric-sql/pglite';
import { CLIENT_MESSAGE, SERVER_MESSAGE } from '../format/messages.js';
import { Duplex } from 'node:stream';

/** Length of a whole ReadyForQuery message. */
const READY_LENGTH = 6;

const COPY_FROM_STDIN = /^\s*copy\b[\s\S]*\bfrom\s+stdin\b/i;
const MAX_MATCHED_LENGTH = 4096;

/** `CopyInResponse`: text format, no columns. */
const COPY_IN_RESPONSE = Buffer.from([SERVER_MESSAGE.copyInResponse, 0, 0, 0, 7, 0, 0, 0]);

/**
 * A stream on which a driver talks PostgreSQL's protocol to PGlite in the same process.
 *
 * The package @electric-sql/pglite-socket would open the database to other processes, on a port or a socket file. And
 * PGlite needs the statement of a COPY FROM STDIN and all its data in one buffer (it ends otherwise): this stream
 * answers the statement itself, and sends it together with the data at the end.
 */
class PgliteSocket extends Duplex {
  readonly readyState = 'open';
  readonly #database: PGlite;
  #received: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #batch: Buffer[] = [];
  #copy: Buffer[] | undefined;

  constructor(database: PGlite) {
    super();
    this.#database = database;
  }

  override _read(): void {
    // answers are pushed as they arrive
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#receive(chunk).then(() => done(), done);
  }

  async #receive(chunk: Buffer): Promise<void> {
    await Promise.resolve(); // as with any socket, no answer may come before write() has returned
    this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, chunk]) : chunk;
    for (let message = this.#nextMessage(); message; message = this.#nextMessage()) await this.#take(message);
    await this.#flush();
  }

  /** The next complete message; the first one of a session has no type byte. */
  #nextMessage(): Buffer | undefined {
    const header = this.#isStarted ? 1 : 0;
    if (this.#received.length < header + 4) return undefined;
    const length = header + this.#received.readUInt32BE(header);
    if (this.#received.length < length) return undefined;
    this.#isStarted = true;
    const message = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return message;
  }

  async #take(message: Buffer): Promise<void> {
    const type = message[0]!;
    if (this.#copy) return this.#takeDuringCopy(this.#copy, message, type);
    if (type === CLIENT_MESSAGE.terminate) return void this.push(null); // PGlite itself stays open
    if (type === CLIENT_MESSAGE.query && COPY_FROM_STDIN.test(message.toString('utf8', 5, MAX_MATCHED_LENGTH))) {
      await this.#flush();
      this.#copy = [message];
      this.push(COPY_IN_RESPONSE);
      return;
    }
    this.#batch.push(message);
  }

  async #takeDuringCopy(copy: Buffer[], message: Buffer, type: number): Promise<void> {
    if (type === CLIENT_MESSAGE.flush || type === CLIENT_MESSAGE.sync) return; // ignored in a COPY
    copy.push(message);
    if (type === CLIENT_MESSAGE.copyData) return;
    this.#copy = undefined;
    await this.#send(copy, { isCopy: true });
  }

  async #flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const messages = this.#batch;
    this.#batch = [];
    await this.#send(messages, { isCopy: false });
  }

  /** Sends messages to PGlite. An incomplete answer is the last one: the database has stopped (PANIC). */
  async #send(messages: readonly Buffer[], { isCopy }: { isCopy: boolean }): Promise<void> {
    let maySkipResponse = isCopy;
    let tail: Buffer = Buffer.alloc(0);
    await this.#database.execProtocolRawStream(Buffer.concat(messages), {
      onRawData: (data) => {
        tail = Buffer.concat([tail, data.subarray(-READY_LENGTH)]).subarray(-READY_LENGTH);
        let answer = Buffer.from(data); // a copy: PGlite reuses its memory
        if (maySkipResponse && answer[0] === SERVER_MESSAGE.copyInResponse)
          answer = answer.subarray(1 + answer.readUInt32BE(1));
        maySkipResponse = false;
        if (answer.length > 0) this.push(answer);
      },
    });
    const expectsReady = messages.some(([type]) => type === CLIENT_MESSAGE.query || type === CLIENT_MESSAGE.sync);
    if (expectsReady && tail[0] !== SERVER_MESSAGE.readyForQuery) this.destroy();
  }
}

/** Opens a connection to the database, which has one session for all connections. */
export function openPgliteSocket(database: PGlite): Duplex {
  return new PgliteSocket(database);
}
