import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PendingQuery, Row } from 'postgres';
import { SERVER_MESSAGE } from '../format/messages.js';
import { ConnectionError, parseServerError } from './connection-error.js';
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
 * Sends rows to a `COPY ... FROM STDIN` statement and waits until the server has completed it.
 *
 * postgres.js does not report an error that arrives after the last row was sent, so the server's error is read here.
 *
 * @param socket the driver's, with no statement under way
 * @throws the server's error, or what `chunks` throws
 */
export async function writeCopyRows(
  socket: DriverSocket,
  query: PendingQuery<Row[]>,
  chunks: CopyChunks,
): Promise<void> {
  const completed = waitForCompletion(socket);
  const abort = new AbortController();
  const send = async () => {
    const writable = await query.writable();
    await pipeline(Readable.from(toMessages(chunks)), writable, { signal: abort.signal });
  };
  try {
    await Promise.all([send(), completed]);
  } catch (error) {
    abort.abort();
    await completed.catch(() => undefined); // the server also answers a COPY that was cut off
    throw error;
  }
}

/**
 * Waits until the server has completed the COPY that is sent next and is ready for another statement. Before the COPY's
 * own answer, ReadyForQuery may arrive of a cursor that was just closed: the driver does not wait for it.
 *
 * @throws the server's error, or a ConnectionError
 */
async function waitForCompletion(socket: DriverSocket): Promise<void> {
  let isAnswered = false;
  let serverError: Error | undefined;
  let settle: (failure?: Error) => void = () => undefined;
  const completed = new Promise<void>((resolve, reject) => {
    settle = (failure) => (failure ? reject(failure) : resolve());
  });
  const onClose = () => settle(new ConnectionError());
  socket.once('close', onClose);
  const stop = socket.inspect((type, bytes, start, end) => {
    if (type === SERVER_MESSAGE.error) serverError = parseServerError(bytes.subarray(start, end));
    if (type === SERVER_MESSAGE.error || type === SERVER_MESSAGE.copyInResponse) isAnswered = true;
    if (type === SERVER_MESSAGE.readyForQuery && isAnswered) settle(serverError);
    return false;
  });
  try {
    await completed;
  } finally {
    stop();
    socket.off('close', onClose);
  }
}

/** Joins chunks into messages of a size worth sending. */
async function* toMessages(chunks: CopyChunks): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    parts.push(part);
    size += part.length;
    if (size < MESSAGE_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
