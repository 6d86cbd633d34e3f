import postgres from 'postgres';
import { ConnectionError } from './connection-error.js';
import { toPoolerCode } from './pooler-words.js';

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
