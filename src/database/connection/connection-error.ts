import type { Duplex } from 'node:stream';
import postgres from 'postgres';

/** A connection could not be opened or was lost: whether the statement under way took effect is not known. */
export class ConnectionError extends Error {
  /** The system's or the driver's word for it, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(message = 'the connection to the database was lost', code = 'CONNECTION_CLOSED', cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
    this.code = code;
  }
}

/**
 * What pgbouncer says when it ends a connection, and what that is called here: it gives the SQLSTATE of a broken
 * protocol to nearly all of it.
 */
const POOLER_CODES: readonly (readonly [words: RegExp, code: string])[] = [
  [/in statement pooling mode/, 'POOLER_MODE'],
  [/unsupported startup parameter/, 'POOLER_SETTING'],
  [/query_wait_timeout|no more connections allowed/, 'POOLER_FULL'],
  [/^no such database|^database ".*" does not exist/, '3D000'],
];

const PROTOCOL_VIOLATION = '08P01';

/** The code of what a pooler said; undefined for anything else. */
export function toPoolerCode({ code, message }: { code: string; message: string }): string | undefined {
  return code === PROTOCOL_VIOLATION ? POOLER_CODES.find(([words]) => words.test(message))?.[1] : undefined;
}

/**
 * The error of a statement as the rest of the program knows it: one that the server sent has the names that Knex's
 * users know from node-pg (`constraint`, `table`, ...), and `serverMessage` keeps the server's words, before which
 * Knex puts the statement; one of the connection is a ConnectionError.
 *
 * @param socketError what the connection's socket failed with, if it did
 */
export function toStatementError(error: Error, socketError: Error | null): Error {
  if (error instanceof postgres.PostgresError) {
    return Object.assign(error, {
      serverMessage: error.message,
      code: toPoolerCode(error) ?? error.code,
      constraint: error.constraint_name,
      table: error.table_name,
      column: error.column_name,
      schema: error.schema_name,
    });
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  const isOfConnection = error === socketError || code.startsWith('CONNECTION_');
  return isOfConnection ? new ConnectionError(error.message, code, error) : error;
}

/** Longer than what a server or a pooler says when it ends a connection. */
const MAX_ERROR_BYTES = 4096;
const HEADER_BYTES = 5;

/**
 * Ends that the rest of the program knows by their SQLSTATE: shut down, crashed, not yet up, idle or at work for too long,
 * no space for the write-ahead log.
 */
const KNOWN_FATAL = /^(57P0[1235]|25P0[34]|53100)$/;

/**
 * Listens beside the driver: what is returned answers why the connection was lost, when the last that came through it
 * says so. A server that shuts down, or a pooler that refuses a statement, sends an error and hangs up, and the driver
 * then knows only that it hung up.
 *
 * @param socket one that somebody else listens to already
 */
export function captureFatalError(socket: Duplex): () => ConnectionError | undefined {
  let last: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (last = chunk));
  return () => parseFatalError(last);
}

/** The error that ends the session, if these bytes end with one. */
function parseFatalError(chunk: Buffer): ConnectionError | undefined {
  const tail = chunk.subarray(-MAX_ERROR_BYTES);
  for (let at = 0; at + HEADER_BYTES < tail.length; at += 1) {
    const isError = tail[at] === 0x45 /* E */ && tail.readInt32BE(at + 1) === tail.length - at - 1;
    const fields = isError ? readFields(tail.subarray(at + HEADER_BYTES)) : undefined;
    if (fields && /^(FATAL|PANIC)$/.test(fields.V ?? fields.S ?? '')) return toConnectionError(fields);
  }
  return undefined;
}

function toConnectionError({ C: code = '', M: message = '' }: Record<string, string>): ConnectionError {
  const known = toPoolerCode({ code, message }) ?? (KNOWN_FATAL.test(code) ? code : undefined);
  return Object.assign(new ConnectionError(message, known), { serverMessage: message });
}

/** The fields of an error by the letters that name them: S severity, V the same untranslated, C SQLSTATE, M message. */
function readFields(body: Buffer): Record<string, string> {
  const texts = body.toString('utf8').split('\0');
  return Object.fromEntries(
    texts.filter((text) => text !== '').map((text) => [text.charAt(0), text.slice(1)] as const),
  );
}
