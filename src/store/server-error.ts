import postgres from 'postgres';

/**
 * Gives an error that the server sent the names that Knex's users know from node-pg (`constraint`, `table`, ...);
 * `serverMessage` keeps the server's words, before which Knex puts the statement. Other errors stay as they are.
 */
export function nameServerError(error: Error): Error {
  if (!(error instanceof postgres.PostgresError)) return error;
  return Object.assign(error, {
    serverMessage: error.message,
    constraint: error.constraint_name,
    table: error.table_name,
    column: error.column_name,
    schema: error.schema_name,
  });
}
