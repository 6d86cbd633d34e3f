import type { Duplex } from 'node:stream';
import postgres from 'postgres';
import { HEADER_BYTES, SERVER_MESSAGE } from '../format/messages.js';

/** A connection could not be opened or was lost; whether the current statement took effect is unknown. */
export class ConnectionError extends Error {
  /** The system's or the driver's code, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(message = 'the connection to the database was lost', code = 'CONNECTION_CLOSED', cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
    this.code = code;
  }
}

/**
 * Codes for the messages with which pgbouncer ends a connection: it sends the SQLSTATE of a protocol violation with
 * nearly all of them.
 */
const POOLER_CODES: readonly (readonly [message: RegExp, code: string])[] = [
  [/in statement pooling mode/, 'POOLER_MODE'],
  [/unsupported startup parameter/, 'POOLER_SETTING'],
  [/query_wait_timeout|no more connections allowed/, 'POOLER_FULL'],
  [/^no such database|^database ".*" does not exist/, '3D000'],
];

const PROTOCOL_VIOLATION = '08P01';

function toPoolerCode({ code, message }: { code: string; message: string }): string | undefined {
  return code === PROTOCOL_VIOLATION ? POOLER_CODES.find(([pattern]) => pattern.test(message))?.[1] : undefined;
}

/**
 * The error of a statement in the form that the rest of the program expects. A server's error has the property names of
 * node-pg (`constraint`, `table`, ...), which users of Knex know, and `serverMessage` without the statement that Knex
 * puts before it. A connection's error is a ConnectionError.
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

/** More than the length of any error with which a server or a pooler ends a connection. */
const MAX_ERROR_BYTES = 4096;

/**
 * SQLSTATEs that are kept when they end a connection: shut down, crashed, starting, idle or running for too long, no
 * space for the write-ahead log.
 */
const KEPT_CODES = /^(57P0[1235]|25P0[34]|53100)$/;

/**
 * Remembers the last chunk that arrives on a socket; the function returned gives the fatal error in it.
 *
 * A server that shuts down, or a pooler that refuses a statement, sends an error and closes the connection. The driver
 * then reports only that it was closed.
 */
export function captureFatalError(socket: Duplex): () => ConnectionError | undefined {
  let last: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (last = chunk));
  return () => findFatalError(last);
}

/** The error that ends the session, if the chunk ends with one. */
function findFatalError(chunk: Buffer): ConnectionError | undefined {
  const tail = chunk.subarray(-MAX_ERROR_BYTES);
  for (let at = 0; at + HEADER_BYTES < tail.length; at += 1) {
    const isError = tail[at] === SERVER_MESSAGE.error && tail.readInt32BE(at + 1) === tail.length - at - 1;
    const fields = isError ? parseErrorFields(tail.subarray(at + HEADER_BYTES)) : {};
    if (/^(FATAL|PANIC)$/.test(fields.V ?? fields.S ?? '')) return toConnectionError(fields);
  }
  return undefined;
}

function toConnectionError({ C: code = '', M: message = '' }: ErrorFields): ConnectionError {
  const kept = toPoolerCode({ code, message }) ?? (KEPT_CODES.test(code) ? code : undefined);
  return Object.assign(new ConnectionError(message, kept), { serverMessage: message });
}

/** The fields of an error message by their letters (PostgreSQL manual, "Error and Notice Message Fields"). */
type ErrorFields = Readonly<Record<string, string>>;

function parseErrorFields(content: Buffer): ErrorFields {
  const fields = content.toString('utf8').split('\0');
  return Object.fromEntries(fields.filter(Boolean).map((field) => [field[0]!, field.slice(1)]));
}
