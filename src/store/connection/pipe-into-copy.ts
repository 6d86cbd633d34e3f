import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PendingQuery, Row } from 'postgres';

const BLOCK_SIZE = 65_536;

/**
 * Feeds a `COPY ... FROM STDIN` statement and settles as the server answers.
 *
 * postgres.js's writable never settles when the server rejects the COPY, so the stream is raced against the
 * statement's own rejection.
 */
export async function pipeIntoCopy(
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
