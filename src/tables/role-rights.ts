import type { Db } from '../database/store.js';

/**
 * The privileges that every command except `migrate` needs on each table; `migrations/roles.sql` grants the same.
 * Entries of the audit log cannot be changed or deleted with them: `clean --keep-history` needs the tables' owner.
 */
export const NEEDED_PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  rolling_chart_data: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  training_chart_data: ['SELECT'],
  chartctl_jobs: ['INSERT', 'SELECT', 'UPDATE'],
  chartctl_changes: ['INSERT', 'SELECT'],
  chartctl_inserts: ['INSERT', 'SELECT'],
  chartctl_flags: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  chartctl_gaps: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  chartctl_trainings: ['INSERT', 'SELECT'],
  chartctl_throttle: ['INSERT', 'SELECT', 'UPDATE'],
  chartctl_symbols: ['DELETE', 'INSERT', 'SELECT'],
  chartctl_archive_files: ['INSERT', 'SELECT'],
  chartctl_migrations: ['SELECT'],
};

/** The privileges of a connection's role. */
export interface RoleRights {
  role: string;
  database: string;
  /** Missing privileges in the words of `GRANT`: `INSERT, UPDATE` on `chartctl_jobs`, `USAGE` on `SCHEMA trading`. */
  missing: { on: string; privileges: string }[];
  /** It may read every existing table. */
  mayReadTables: boolean;
  /** Without this privilege it is unknown which tables should exist. */
  mayReadMigrations: boolean;
  mayCreateTemporaryTables: boolean;
  mayCreateTables: boolean;
  /** Row-level security applies to it. */
  hasRowSecurity: boolean;
}

interface RoleRecord {
  role: string;
  database: string;
  temporary: boolean;
  creates: boolean;
  held: boolean;
}

/** Reads the privileges of this connection's role on the existing tables. */
export async function readRoleRights(db: Db): Promise<RoleRights> {
  const { rows } = await db.raw<{ rows: RoleRecord[] }>(
    `SELECT current_user AS role, current_database() AS database,
       has_database_privilege(current_database(), 'TEMP') AS temporary,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates,
       coalesce(row_security_active(to_regclass('rolling_chart_data')::oid), false) AS held`,
  );
  const { role, database, temporary, creates, held } = rows[0]!;
  const tables = await findMissingTablePrivileges(db);
  return {
    role,
    database,
    missing: [...(await findInaccessibleSchemas(db)), ...tables, ...(await findInaccessibleSequences(db))],
    mayReadTables: !tables.some(({ privileges }) => privileges.includes('SELECT')),
    mayReadMigrations: !tables.some(({ on }) => on === 'chartctl_migrations'),
    mayCreateTemporaryTables: temporary,
    mayCreateTables: creates,
    hasRowSecurity: held,
  };
}

async function findMissingTablePrivileges(db: Db): Promise<RoleRights['missing']> {
  const needed = Object.entries(NEEDED_PRIVILEGES).flatMap(([table, names]) =>
    names.map((privilege) => ({ table, privilege })),
  );
  const { rows } = await db.raw<{ rows: RoleRights['missing'] }>(
    `SELECT name AS "on", string_agg(privilege, ', ' ORDER BY privilege) AS privileges
     FROM unnest(?::text[], ?::text[]) AS needed(name, privilege)
     WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name), privilege)
     GROUP BY name ORDER BY name`,
    [needed.map(({ table }) => table), needed.map(({ privilege }) => privilege)],
  );
  return rows;
}

/** Schemas with chartctl's tables that the role may not use: to it the database seems never migrated. */
async function findInaccessibleSchemas(db: Db): Promise<RoleRights['missing']> {
  const { rows } = await db.raw<{ rows: RoleRights['missing'] }>(
    `SELECT 'USAGE' AS privileges, 'SCHEMA ' || relnamespace::regnamespace AS "on" FROM pg_class
     WHERE relname = 'chartctl_migrations' AND NOT has_schema_privilege(relnamespace, 'USAGE')
       AND to_regclass('chartctl_migrations') IS NULL ORDER BY 2`,
  );
  return rows;
}

/** Sequences behind `serial` columns of an adopted table: an INSERT needs them. */
async function findInaccessibleSequences(db: Db): Promise<RoleRights['missing']> {
  const { rows } = await db.raw<{ rows: RoleRights['missing'] }>(
    `SELECT 'USAGE' AS privileges, 'SEQUENCE ' || s.oid::regclass AS "on"
     FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
     WHERE d.refobjid = to_regclass('rolling_chart_data') AND d.deptype = 'a'
       AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') END ORDER BY 2`,
  );
  return rows;
}
