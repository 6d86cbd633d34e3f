import type { Duplex } from 'node:stream';
import { ConnectionError } from './connection-error.js';
import { toPoolerCode } from './pooler-words.js';

/** Longer than what a server or a pooler says when it ends a connection. */
const MOST_BYTES = 4096;
const HEADER_BYTES = 5;

/**
 * Ends that the rest of the program knows by their SQLSTATE: shut down, crashed, not yet up, idle or at work for too long,
 * no space for the write-ahead log.
 */
const KNOWN_END = /^(57P0[1235]|25P0[34]|53100)$/;

/**
 * Listens beside the driver: what is returned answers why the connection was lost, when the last that came through it
 * says so. A server that shuts down, or a pooler that refuses a statement, sends an error and hangs up, and the driver
 * then knows only that it hung up.
 *
 * @param socket one that somebody else listens to already
 */
export function listenForLastWords(socket: Duplex): () => ConnectionError | undefined {
  let last: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (last = chunk));
  return () => readLastWords(last);
}

/** The error that ends the session, if these bytes end with one. */
function readLastWords(chunk: Buffer): ConnectionError | undefined {
  const tail = chunk.subarray(-MOST_BYTES);
  for (let at = 0; at + HEADER_BYTES < tail.length; at += 1) {
    const isError = tail[at] === 0x45 /* E */ && tail.readInt32BE(at + 1) === tail.length - at - 1;
    const fields = isError ? readFields(tail.subarray(at + HEADER_BYTES)) : undefined;
    if (fields && /^(FATAL|PANIC)$/.test(fields.V ?? fields.S ?? '')) return toError(fields);
  }
  return undefined;
}

function toError({ C: code = '', M: message = '' }: Record<string, string>): ConnectionError {
  const known = toPoolerCode({ code, message }) ?? (KNOWN_END.test(code) ? code : undefined);
  return Object.assign(new ConnectionError(message, known), { serverMessage: message });
}

/** The fields of an error by the letters that name them: S severity, V the same untranslated, C SQLSTATE, M message. */
function readFields(body: Buffer): Record<string, string> {
  const texts = body.toString('utf8').split('\0');
  return Object.fromEntries(
    texts.filter((text) => text !== '').map((text) => [text.charAt(0), text.slice(1)] as const),
  );
}
