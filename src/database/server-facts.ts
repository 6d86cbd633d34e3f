import type { Db } from './store.js';

/** The database's clock, in whole milliseconds so that a JavaScript Date holds it exactly. */
export async function readDatabaseClock(db: Db): Promise<Date> {
  const { rows } = await db.raw<{ rows: { now: Date }[] }>(
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
  );
  return rows[0]!.now;
}

/** The SQL for a time to the microsecond, in UTC, as text that PostgreSQL reads and that sorts by time. */
export const microsecondTextSql = (time: string) =>
  `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * The database's clock to the microsecond, in the form that PostgreSQL reads: two statements of a transaction get different
 * times, so that the records which they write have an order.
 *
 * It is a value in the statement that writes it. A function in that statement could be executed by another server of a
 * distributed database, whose clock differs.
 */
export async function readStatementTime(db: Db): Promise<string> {
  const { rows } = await db.raw<{ rows: { now: string }[] }>(
    `SELECT ${microsecondTextSql('clock_timestamp()')} AS now`,
  );
  return rows[0]!.now;
}

interface ServerFacts {
  version: string;
  /** The server's clock, in epoch milliseconds. */
  nowMs: number;
  isReadOnly: boolean;
}

export async function readServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await db.raw<{ rows: { version: string; now: string; read_only: string }[] }>(
    `SELECT current_setting('server_version') AS version, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
       current_setting('transaction_read_only') AS read_only`,
  );
  const { version, now, read_only: readOnly } = rows[0]!;
  return { version, nowMs: Number(now), isReadOnly: readOnly === 'on' };
}
