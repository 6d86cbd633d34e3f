import type { Db } from './handles.js';

/** What a server says of itself. */
export interface ServerFacts {
  version: string;
  /** Its clock, in milliseconds since the epoch. */
  nowMs: number;
  isReadOnly: boolean;
}

/** Asks the server something small. */
export async function readServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await db.raw<{ rows: { version: string; now: number; read_only: string }[] }>(
    `SELECT current_setting('server_version') AS version, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
       current_setting('transaction_read_only') AS read_only`,
  );
  const { version, now, read_only: readOnly } = rows[0]!;
  return { version, nowMs: now, isReadOnly: readOnly === 'on' };
}

/** Bytes of the candles with their index, of the database, and about how many candles there are. */
export async function readSizes(db: Db): Promise<{ table: number; database: number; rows: number }> {
  const { rows } = await db.raw<{ rows: { table: string; database: string; rows: number }[] }>(
    `SELECT coalesce(pg_total_relation_size(oid), 0) AS "table", pg_database_size(current_database()) AS database,
       greatest(0, reltuples)::float8 AS rows FROM pg_class WHERE oid = to_regclass('rolling_chart_data')`,
  );
  const found = rows[0];
  return { table: Number(found?.table ?? 0), database: Number(found?.database ?? 0), rows: found?.rows ?? 0 };
}
