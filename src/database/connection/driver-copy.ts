import { once } from 'node:events';
import { CLIENT_MESSAGE, HEADER_BYTES, SERVER_MESSAGE } from '../format/messages.js';
import type { DriverSocket } from './driver-socket.js';

/** Handles a row of a COPY: the bytes from `start` up to `end`, valid during the call. */
export type CopyRowHandler = (bytes: Buffer, start: number, end: number) => void;

/** The rows of a COPY in its statement's format, cut anywhere. */
export type CopyChunks = Iterable<string | Buffer> | AsyncIterable<string | Buffer>;

/**
 * Runs a `COPY ... TO STDOUT` statement and hands its rows to `onRow` as they arrive. To the driver it is a statement
 * without rows.
 *
 * @param socket the driver's, with no statement under way
 * @param run sends the statement and settles when the server has completed it
 * @throws what `onRow` throws, after the statement has completed; the rows after it are skipped
 */
export async function readCopyRows(
  socket: DriverSocket,
  run: () => PromiseLike<unknown>,
  onRow: CopyRowHandler,
): Promise<void> {
  const receiver = new RowReceiver(onRow);
  const stop = socket.inspect(receiver.handle.bind(receiver));
  try {
    await run();
  } finally {
    stop();
  }
  if (receiver.failure) throw receiver.failure;
}

/** Handles the messages of a `COPY ... TO STDOUT`. A class, because V8 would compile a closure anew for each COPY. */
class RowReceiver {
  /** What `onRow` has thrown. */
  failure: Error | undefined;
  readonly #onRow: CopyRowHandler;

  constructor(onRow: CopyRowHandler) {
    this.#onRow = onRow;
  }

  handle(type: number, bytes: Buffer, start: number, end: number): boolean {
    if (type !== SERVER_MESSAGE.copyData) {
      return type === SERVER_MESSAGE.copyOutResponse || type === SERVER_MESSAGE.copyDone;
    }
    if (this.failure) return true;
    try {
      this.#onRow(bytes, start, end);
    } catch (error) {
      this.failure = error as Error;
    }
    return true;
  }
}

/** Size of the CopyData messages. */
const MESSAGE_BYTES = 65_536;

/**
 * Runs a `COPY ... FROM STDIN` statement and sends its rows, as fast as the server takes them. To the driver it is a
 * statement without rows.
 *
 * @param socket the driver's, with no statement under way
 * @param run sends the statement and settles when the server has completed it
 * @throws the server's error, or what `chunks` throws
 */
export async function writeCopyRows(
  socket: DriverSocket,
  run: () => PromiseLike<unknown>,
  chunks: CopyChunks,
): Promise<void> {
  let failure: Error | undefined;
  const answered = new AbortController();
  const { signal } = answered;
  const send = async () => {
    try {
      for await (const rows of joinChunks(chunks)) {
        if (signal.aborted) return;
        if (!writeMessage(socket, CLIENT_MESSAGE.copyData, rows)) await once(socket, 'drain', { signal });
      }
      if (!signal.aborted) writeMessage(socket, CLIENT_MESSAGE.copyDone);
    } catch (error) {
      if (signal.aborted) return;
      failure = error as Error;
      writeMessage(socket, CLIENT_MESSAGE.copyFail, [Buffer.from('no more rows: their source failed\0')]);
    }
  };
  const stop = socket.inspect((type) => {
    if (type !== SERVER_MESSAGE.copyInResponse) return false;
    void send(); // not awaited: the server may answer while `chunks` is waiting
    return true;
  });
  try {
    await run();
  } catch (error) {
    throw failure ?? error;
  } finally {
    answered.abort();
    stop();
  }
}

/** Sends a message; returns false when the caller should wait until the socket has drained. */
function writeMessage(socket: DriverSocket, type: number, content: readonly Buffer[] = []): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = type;
  header.writeUInt32BE(
    content.reduce((sum, { length }) => sum + length, HEADER_BYTES - 1),
    1,
  );
  socket.cork();
  let hasRoom = socket.write(header);
  for (const part of content) hasRoom = socket.write(part);
  socket.uncork();
  return hasRoom;
}

/** Joins chunks to a size worth a message. */
async function* joinChunks(chunks: CopyChunks): AsyncGenerator<Buffer[]> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    parts.push(part);
    size += part.length;
    if (size < MESSAGE_BYTES) continue;
    yield parts;
    parts = [];
    size = 0;
  }
  if (size > 0) yield parts;
}
