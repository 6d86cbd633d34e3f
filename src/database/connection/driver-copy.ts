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
  let failure: Error | undefined;
  const handleRow: CopyRowHandler = (bytes, start, end) => {
    if (failure) return;
    try {
      onRow(bytes, start, end);
    } catch (error) {
      failure = error as Error;
    }
  };
  const stop = socket.inspect((type, bytes, start, end) => {
    if (type === SERVER_MESSAGE.copyData) handleRow(bytes, start, end);
    return (
      type === SERVER_MESSAGE.copyData || type === SERVER_MESSAGE.copyOutResponse || type === SERVER_MESSAGE.copyDone
    );
  });
  try {
    await run();
  } finally {
    stop();
  }
  if (failure) throw failure;
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
        if (!socket.write(toMessage(CLIENT_MESSAGE.copyData, rows))) await once(socket, 'drain', { signal });
      }
      if (!signal.aborted) socket.write(toMessage(CLIENT_MESSAGE.copyDone));
    } catch (error) {
      if (signal.aborted) return;
      failure = error as Error;
      socket.write(toMessage(CLIENT_MESSAGE.copyFail, [Buffer.from('no more rows: their source failed\0')]));
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

function toMessage(type: number, content: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const message = Buffer.concat([header, ...content]);
  message[0] = type;
  message.writeUInt32BE(message.length - 1, 1);
  return message;
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
