import { SOURCES } from '../../core/candle.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { currentName, type LegacyTable } from './legacy-table.js';

/** Objects around a legacy table that may prevent its adoption. */
export interface Obstacles {
  /** In the order of their removal. */
  dependents: Dependent[];
  /** CHECK constraints that reject a source that chartctl writes. */
  narrowChecks: { name: string; definition: string }[];
  /** Foreign keys of other tables that refer to this one. */
  referrers: { name: string; table: string }[];
  /** Citus distributes the table over several machines. */
  isDistributed: boolean;
}

/** Reads the catalog; changes nothing. */
export async function findObstacles(db: Db, table: LegacyTable): Promise<Obstacles> {
  const changing = table.matched.filter(({ conversion }) => conversion.kind === 'convert');
  return {
    dependents: await findDependents(
      db,
      changing.map(({ number }) => number),
    ),
    narrowChecks: await findNarrowChecks(db, table),
    referrers: await findReferrers(db),
    isDistributed: await isDistributed(db),
  };
}

/** Evaluates each CHECK constraint over `source` alone for the sources that chartctl writes. */
async function findNarrowChecks(db: Db, table: LegacyTable): Promise<Obstacles['narrowChecks']> {
  const column = table.matched.find(({ expected }) => expected.name === 'source');
  const name = currentName(table, 'source');
  if (!column || !name) return [];
  const { rows } = await db.raw<{ rows: { name: string; definition: string; condition: string }[] }>(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, pg_get_expr(conbin, conrelid) AS condition
    FROM pg_constraint
    WHERE conrelid = to_regclass('${CHART_TABLE}') AND contype = 'c' AND conkey = ARRAY[${column.number}]::int2[]
    ORDER BY conname
  `);
  // a check over an enumeration does not survive the conversion of its column to text
  if (column.is_enum) return rows;
  const offered = SOURCES.map((source) => `('${source}'::text)`).join(', ');
  const narrow = [];
  for (const check of rows) {
    const rejects = `SELECT 1 FROM (VALUES ${offered}) AS offered(${name}) WHERE NOT (${check.condition})`;
    const rejected = await db.raw<{ rows: unknown[] }>(rejects.replaceAll('?', '\\?'));
    if (rejected.rows.length > 0) narrow.push(check);
  }
  return narrow;
}

async function findReferrers(db: Db): Promise<Obstacles['referrers']> {
  const { rows } = await db.raw<{ rows: Obstacles['referrers'] }>(`
    SELECT conname AS name, conrelid::regclass::text AS table FROM pg_constraint
    WHERE contype = 'f' AND confrelid = to_regclass('${CHART_TABLE}') ORDER BY 2, 1
  `);
  return rows;
}

async function isDistributed(db: Db): Promise<boolean> {
  const known = await db.raw<{ rows: { catalog: string | null }[] }>(
    `SELECT to_regclass('pg_dist_partition')::text AS catalog`,
  );
  if (!known.rows[0]?.catalog) return false;
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('${CHART_TABLE}')`,
  );
  return rows.length > 0;
}

/** A database object that depends on a column whose type must change. */
interface Dependent {
  /** Kind and name, such as `view daily_averages`. */
  name: string;
  /** SQL that removes it. */
  remove: string;
  /** SQL that creates it again; null when it cannot be derived from the catalog. */
  restore: string | null;
}

/** The objects that depend on the columns with these numbers, from the catalog. */
const DIRECT_SQL = (columns: readonly number[]) => `
  SELECT DISTINCT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass('${CHART_TABLE}')
    AND refobjsubid IN (${columns.join(', ')})`;

/** Views over the columns, and views over these views. A view's query is its rule _RETURN. */
const VIEWS_SQL = `
  SELECT w.ev_class, 1 FROM direct
  JOIN pg_rewrite w ON classid = 'pg_rewrite'::regclass AND w.oid = objid AND w.rulename = '_RETURN'
  UNION
  SELECT w.ev_class, views.depth + 1 FROM views
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = views.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN' AND w.ev_class <> views.oid`;

/** One query for each kind of object. Columns: position in the order of removal, name, remove, restore. */
const DEPENDENT_QUERIES = [
  `SELECT -max(v.depth), concat(k.kind, ' ', c.oid::regclass), concat('DROP ', upper(k.kind), ' ', c.oid::regclass, ';'),
     concat('CREATE ', upper(k.kind), ' ', c.oid::regclass, ' AS', pg_get_viewdef(c.oid))
   FROM views v JOIN pg_class c ON c.oid = v.oid
   CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind) k
   GROUP BY c.oid, k.kind`,
  `SELECT 0, format('rule %I on %s', w.rulename, w.ev_class::regclass),
     format('DROP RULE %I ON %s;', w.rulename, w.ev_class::regclass), pg_get_ruledef(w.oid)
   FROM direct JOIN pg_rewrite w ON classid = 'pg_rewrite'::regclass AND w.oid = objid AND w.rulename <> '_RETURN'`,
  `SELECT 0, format('trigger %I', t.tgname), format('DROP TRIGGER %I ON %s;', t.tgname, t.tgrelid::regclass),
     concat(pg_get_triggerdef(t.oid), ';')
   FROM direct JOIN pg_trigger t ON classid = 'pg_trigger'::regclass AND t.oid = objid AND NOT t.tgisinternal`,
  `SELECT 0, format('policy %I', p.polname), format('DROP POLICY %I ON %s;', p.polname, p.polrelid::regclass), NULL
   FROM direct JOIN pg_policy p ON classid = 'pg_policy'::regclass AND p.oid = objid`,
  `SELECT 0, concat('function ', p.oid::regprocedure), format('DROP FUNCTION %s;', p.oid::regprocedure),
     concat(pg_get_functiondef(p.oid), ';')
   FROM direct JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid`,
  `SELECT 0, format('generated column %I', a.attname), format('ALTER TABLE ${CHART_TABLE} DROP COLUMN %I;', a.attname),
     format('ALTER TABLE ${CHART_TABLE} ADD COLUMN %I %s GENERATED ALWAYS AS (%s) STORED;', a.attname,
       format_type(a.atttypid, a.atttypmod), pg_get_expr(g.adbin, g.adrelid))
   FROM direct JOIN pg_attrdef g ON classid = 'pg_attrdef'::regclass AND g.oid = objid
   JOIN pg_attribute a ON a.attrelid = g.adrelid AND a.attnum = g.adnum AND a.attgenerated <> ''`,
  `SELECT 0, concat('index ', i.indexrelid::regclass), format('DROP INDEX %s;', i.indexrelid::regclass),
     concat(pg_get_indexdef(i.indexrelid), '; -- adapt it to the new type')
   FROM direct JOIN pg_index i ON classid = 'pg_class'::regclass AND i.indexrelid = objid
     AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)`,
];

/**
 * The objects that ALTER COLUMN ... TYPE does not adapt, or that may make it fail: views and views over them, rules,
 * triggers, policies, generated columns, functions, and indexes over expressions; in the order of their removal.
 *
 * @param columns the `attnum`s of the columns whose type must change
 */
async function findDependents(db: Db, columns: readonly number[]): Promise<Dependent[]> {
  if (columns.length === 0) return [];
  const { rows } = await db.raw<{ rows: Dependent[] }>(`
    WITH RECURSIVE direct AS (${DIRECT_SQL(columns)}), views(oid, depth) AS (${VIEWS_SQL}),
      found(place, name, remove, restore) AS (${DEPENDENT_QUERIES.join('\nUNION ALL\n')})
    SELECT name, remove, restore FROM found ORDER BY place, name
  `);
  return rows;
}
