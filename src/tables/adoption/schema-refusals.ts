import type { Db } from '../../database/store.js';
import { CHART_TABLE, TRAINING_VIEW } from '../rolling-chart-data/columns.js';
import { KEY_INDEX } from './key-index.js';
import { quoteName } from './legacy-table.js';
import type { Refusal } from './refusal.js';

interface SchemaState {
  /** The schema for new tables; null when no schema of `search_path` exists. */
  schema: string | null;
  may_create: boolean | null;
  me: string;
  database: string;
  /** Another object, or an index of another table, has the name `KEY_INDEX`. */
  index_taken: boolean;
  /** The `relkind` of an existing object with the name of the view. */
  view_kind: string | null;
}

/** Refuses what prevents new tables and the view from being created, with or without a legacy table. */
export async function refuseSchema(db: Db, { makesView }: { makesView: boolean }): Promise<Refusal[]> {
  const { schema, may_create: mayCreate, me, database, ...taken } = await readSchemaState(db);
  if (schema === null) {
    return [
      {
        problem: `no schema of "${me}"'s search_path exists`,
        remedy: `ALTER ROLE ${quoteName(me)} IN DATABASE ${quoteName(database)} SET search_path = public;`,
      },
    ];
  }
  const refusals: Refusal[] = [];
  if (!mayCreate) {
    const remedy = `GRANT CREATE ON SCHEMA ${quoteName(schema)} TO ${quoteName(me)};`;
    refusals.push({ problem: `"${me}" may not create tables in the schema "${schema}"`, remedy });
  }
  if (taken.index_taken) {
    const problem = `the name ${KEY_INDEX} is used by an object that does not belong to ${CHART_TABLE}`;
    refusals.push({ problem, remedy: `ALTER INDEX ${KEY_INDEX} RENAME TO ${KEY_INDEX}_old;` });
  }
  if (makesView && taken.view_kind !== null) {
    const kind = { v: 'VIEW', m: 'MATERIALIZED VIEW', f: 'FOREIGN TABLE', S: 'SEQUENCE' }[taken.view_kind] ?? 'TABLE';
    const problem = `there is a ${kind.toLowerCase()} named ${TRAINING_VIEW}; expected none, because chartctl creates a view of this name`;
    refusals.push({ problem, remedy: `ALTER ${kind} ${TRAINING_VIEW} RENAME TO ${TRAINING_VIEW}_old;` });
  }
  return refusals;
}

async function readSchemaState(db: Db): Promise<SchemaState> {
  const { rows } = await db.raw<{ rows: SchemaState[] }>(`
    SELECT current_schema()::text AS schema, has_schema_privilege(current_schema(), 'CREATE') AS may_create,
           current_user::text AS me, current_database()::text AS database,
           EXISTS (SELECT 1 FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
             WHERE c.relname = '${KEY_INDEX}' AND i.indrelid IS DISTINCT FROM to_regclass('${CHART_TABLE}')
               AND c.relnamespace = coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('${CHART_TABLE}')),
                 to_regnamespace(quote_ident(current_schema())))) AS index_taken,
           (SELECT relkind::text FROM pg_class WHERE relname = '${TRAINING_VIEW}'
               AND relnamespace = to_regnamespace(quote_ident(current_schema()))) AS view_kind
  `);
  return rows[0]!;
}
