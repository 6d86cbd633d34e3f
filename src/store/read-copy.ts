import type { Readable } from 'node:stream';
import type { PendingQuery, Row } from 'postgres';
import { onReject } from './on-reject.js';

/**
 * Hands over what a `COPY ... TO STDOUT` statement gives as it comes: message by message, each of them one row.
 *
 * postgres.js pushes the rows into a stream and pauses the socket when the stream is full; a connection that is
 * paused at the end stays dead. So the rows are taken off as they are pushed, and the stream is never full.
 */
export async function readCopy(query: PendingQuery<Row[]>, take: (row: Buffer) => void): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    onStream(query, (stream) => {
      stream.push = (row: Buffer | null) => {
        if (row === null) resolve();
        else take(row);
        return true;
      };
      stream.on('error', () => undefined); // the query is rejected with the same error
    });
  });
  const refused = onReject(query);
  await Promise.race([query.readable(), refused]);
  await Promise.race([ended, refused]);
}

/** Calls back as the driver makes the query's stream, before any row is in it. */
function onStream(query: PendingQuery<Row[]>, callBack: (stream: Readable) => void): void {
  const driverQuery = query as unknown as { resolve: (stream: Readable) => void };
  const original = driverQuery.resolve;
  driverQuery.resolve = (stream) => {
    driverQuery.resolve = original; // it is called again at the statement's end
    callBack(stream);
    original(stream);
  };
}
