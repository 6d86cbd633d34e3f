import type { PendingQuery, Row, Sql } from 'postgres';

/**
 * Sends a statement with its parameters in one round trip, as text whose types the server infers.
 *
 * The documented way, `sql.unsafe(text, parameters)` without prepared statements, first asks the server for the types
 * of the parameters and waits for the answer. Prepared statements avoid this, but do not work through pgbouncer's
 * transaction pooling.
 *
 * This relies on a detail of postgres.js 3 that is not documented: a query whose property `parameters` is set before it
 * is sent is sent with these, without asking. The tests of `PostgresConnection` fail when the driver changes that.
 */
export function queryInOneRoundTrip(
  sql: Sql,
  text: string,
  parameters: readonly (string | null)[],
): PendingQuery<Row[]> {
  // `simple` is needed for a statement without declared arguments, and missing in the driver's types
  const extended: { prepare: boolean; simple: boolean } = { prepare: false, simple: false };
  return Object.assign(sql.unsafe<Row[]>(text, [], extended), { parameters: [...parameters] });
}
