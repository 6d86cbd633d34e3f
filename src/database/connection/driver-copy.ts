import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PendingQuery, Row } from 'postgres';

/** Takes a row of a COPY: the bytes from `start` up to `end`, good for the time of the call. */
export type CopyRowHandler = (bytes: Buffer, start: number, end: number) => void;

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
  readonly #take: CopyRowHandler;
  readonly #driver: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;

  /** @param driver gets whole messages; it must be waiting for the next one */
  constructor(take: CopyRowHandler, driver: (bytes: Buffer) => void) {
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

/**
 * Runs a `COPY ... TO STDOUT` statement and hands its rows over as they come.
 *
 * @param socket the driver's, on which nothing is under way
 * @param run sends the statement and answers when the server is through with it
 */
export async function readCopyRows(
  socket: Duplex,
  run: () => PromiseLike<unknown>,
  take: CopyRowHandler,
): Promise<void> {
  const [driver] = socket.listeners('data') as ((bytes: Buffer) => void)[];
  if (!driver) throw new Error('nobody listens to the server');
  const filter = new CopyRowFilter(take, driver);
  socket.on('data', filter.receive);
  socket.off('data', driver);
  try {
    await run();
  } finally {
    filter.release();
    if (!socket.destroyed) socket.prependListener('data', driver); // first again, where the next COPY looks for it
    socket.off('data', filter.receive);
  }
  filter.check();
}

const BLOCK_SIZE = 65_536;

/**
 * Feeds a `COPY ... FROM STDIN` statement and settles as the server answers.
 *
 * postgres.js's writable never settles when the server rejects the COPY, so the stream is raced against the
 * statement's own rejection.
 */
export async function writeCopyRows(
  query: PendingQuery<Row[]>,
  chunks: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
): Promise<void> {
  const stop = new AbortController();
  const refused = onReject(query);
  try {
    const writable = await Promise.race([query.writable(), refused]);
    await Promise.race([pipeline(Readable.from(inBlocks(chunks)), writable, { signal: stop.signal }), refused]);
  } catch (error) {
    stop.abort();
    throw error;
  }
}

/** Rejects when the driver rejects the query, even after it was resolved with its writable. */
function onReject(query: PendingQuery<Row[]>): Promise<never> {
  const driverQuery = query as unknown as { reject: (error: Error) => void };
  const refused = new Promise<never>((_, reject) => {
    const original = driverQuery.reject;
    driverQuery.reject = (error) => {
      reject(error);
      original(error);
    };
  });
  refused.catch(() => undefined); // it may come after the race is over
  return refused;
}

/** Joins chunks into blocks worth a message of the protocol. */
async function* inBlocks(chunks: Iterable<string | Buffer> | AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    parts.push(part);
    size += part.length;
    if (size < BLOCK_SIZE) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
