import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { normalizeName } from './columns/column-spellings.js';
import { quoteName } from './legacy-table.js';
import type { Refusal } from './refusal.js';

/** A table that may be the platform's chart table, though the name `rolling_chart_data` does not reach it. */
export interface OtherTable {
  schema: string;
  name: string;
  /** Schema and name, quoted where needed. */
  qualified: string;
  /** The schemas of this role's `search_path` that exist. */
  path: string[];
  role: string;
  database: string;
  /** The role may use the schema and create tables in it. */
  may_use: boolean;
}

/** Objects that hold no chart data of the platform. */
const OWN_SCHEMAS = /^(pg_|information_schema$|_timescaledb_)/;

/**
 * Tables named `rolling_chart_data` in any schema, or with another spelling of the name (`"RollingChartData"`,
 * `rolling_chart_datas`), except the one that the name itself reaches. Those of the schemas of `search_path` come first.
 */
export async function findOtherTables(db: Db): Promise<OtherTable[]> {
  const { rows } = await db.raw<{ rows: OtherTable[] }>(`
    SELECT n.nspname AS schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS qualified,
           to_json(current_schemas(false)) AS path, current_user::text AS role, current_database()::text AS database,
           has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE') AS may_use
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND lower(c.relname) LIKE 'rolling%chart%data%'
      AND c.oid IS DISTINCT FROM to_regclass('${CHART_TABLE}')
    ORDER BY NOT n.nspname = ANY (current_schemas(false)), n.nspname, c.relname`);
  const words = normalizeName(CHART_TABLE);
  return rows.filter(
    ({ schema, name }) => !OWN_SCHEMAS.test(schema) && normalizeName(name).replace(/s$/, '') === words,
  );
}

/** Refuses to create the table beside one that is there already under another schema or name. */
export async function refuseOtherTables(db: Db): Promise<Refusal[]> {
  const [first, ...others] = await findOtherTables(db);
  if (!first) return [];
  const listed = [first, ...others].map(({ qualified }) => qualified).join(', ');
  const path = first.path.length > 0 ? `the search_path of "${first.role}" is ${first.path.join(', ')}` : '';
  return [
    {
      problem: `${CHART_TABLE} would be created as a second, empty table: there is ${listed}, which the name ${CHART_TABLE} does not reach (${path})`,
      remedy: [...describeReach(first), `-- or, if a new table is wanted: chartctl migrate --new-table`].join('\n'),
    },
  ];
}

/** The statements after which the name `rolling_chart_data` reaches the table. */
export function describeReach(table: OtherTable): string[] {
  const { schema, name, qualified, path, role, database, may_use: mayUse } = table;
  const isRenamed = name !== CHART_TABLE;
  const isReached = path.includes(schema);
  const newPath = [schema, ...path.filter((other) => other !== schema)].map(quoteName).join(', ');
  return [
    ...(mayUse ? [] : [`GRANT USAGE, CREATE ON SCHEMA ${quoteName(schema)} TO ${quoteName(role)};`]),
    ...(isRenamed ? [`ALTER TABLE ${qualified} RENAME TO ${CHART_TABLE};`, ...describeTableMappings()] : []),
    ...(isReached
      ? []
      : [
          `ALTER ROLE ${quoteName(role)} IN DATABASE ${quoteName(database)} SET search_path = ${newPath};`,
          `-- or add schema=${encodeURIComponent(schema)} to the parameters of DATABASE_URL`,
        ]),
  ];
}

function describeTableMappings(): string[] {
  return [
    `-- the platform's model must follow: Drizzle pgTable('${CHART_TABLE}', ...), Prisma @@map("${CHART_TABLE}"),`,
    `-- TypeORM @Entity('${CHART_TABLE}'), Sequelize tableName: '${CHART_TABLE}'`,
  ];
}

/**
 * What a database that seems never to have been migrated holds in other schemas or under other names, for a hint:
 * chartctl's own tables, or a chart table of the platform.
 *
 * @returns undefined when it holds nothing of the sort
 */
export async function describeUnreachedTables(db: Db): Promise<string | undefined> {
  const [first] = await findOtherTables(db);
  if (!first) return undefined;
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_class WHERE relname = 'chartctl_migrations' AND relnamespace = to_regnamespace(quote_ident(?))`,
    [first.schema],
  );
  const isMigrated = rows.length > 0 && first.name === CHART_TABLE;
  const found = isMigrated ? `the schema "${first.schema}" was migrated` : `there is a table ${first.qualified}`;
  const statements = describeReach(first).filter((line) => !line.startsWith('--'));
  const after = isMigrated ? '' : '    then run: chartctl migrate';
  return `${found}, which the name ${CHART_TABLE} does not reach: ${statements.join(' ')}${after}`;
}
