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

/** What the role may do. */
export interface RoleRights {
  role: string;
  /** What it lacks. */
  missing: { table: string; privileges: string }[];
  mayMakeTemporaryTables: boolean;
  mayCreateTables: boolean;
  /** Row-level security keeps rows from it. */
  isHeldByRowSecurity: boolean;
}

const TABLES = `'rolling_chart_data', 'chartctl_jobs', 'chartctl_changes', 'chartctl_flags', 'chartctl_gaps',
  'chartctl_trainings', 'chartctl_throttle', 'chartctl_inserts'`;

/** Reads what the role of this connection may do with the tables that are there. */
export async function readRoleRights(db: Db): Promise<RoleRights> {
  const { rows: missing } = await db.raw<{ rows: { table: string; privileges: string }[] }>(
    `SELECT name AS "table", string_agg(privilege, ', ' ORDER BY privilege) AS privileges
     FROM unnest(ARRAY[${TABLES}, 'training_chart_data']) AS t(name),
       unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(privilege)
     WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name), privilege)
       AND (privilege = 'SELECT' OR name <> 'training_chart_data') GROUP BY name ORDER BY name`,
  );
  const { rows } = await db.raw<{ rows: { role: string; temporary: boolean; creates: boolean; held: boolean }[] }>(
    `SELECT current_user AS role, has_database_privilege(current_database(), 'TEMP') AS temporary,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates,
       coalesce(row_security_active(to_regclass('rolling_chart_data')::oid), false) AS held`,
  );
  const { role, temporary, creates, held } = rows[0]!;
  return {
    role,
    missing,
    mayMakeTemporaryTables: temporary,
    mayCreateTables: creates,
    isHeldByRowSecurity: held,
  };
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
