import { findErrorCode } from '../../../database/connection/database-failure.js';
import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';

/** A database object that depends on a column whose type must change, or on its value's type. */
export interface Dependent {
  /** Kind and name, such as `view daily_averages`. */
  name: string;
  /** SQL that removes it. */
  remove: string;
  /** SQL that creates it again; null when it cannot be derived from the catalog. */
  restore: string | null;
  /** Its bare name if it is a trigger, rule or constraint of the table. */
  own_name: string | null;
}

/** The columns whose type changes: by the migration, or by the remedy of a refused type. */
export function findChanging(table: LegacyTable): MatchedColumn[] {
  return table.matched.filter(({ conversion }) => conversion.kind !== 'keep');
}

/** The type of a column after the migration. */
export function typeAfter({ conversion, type }: MatchedColumn): string {
  if (conversion.kind === 'convert') return conversion.to;
  return conversion.kind === 'refuse' ? conversion.expected : type;
}

/** The objects that depend on the columns with these numbers, from the catalog. */
const DIRECT_SQL = (columns: string) => `
  SELECT DISTINCT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass('${CHART_TABLE}')
    AND refobjsubid IN (${columns})`;

/** Views over the columns, and views over these views. A view's query is its rule _RETURN. */
const VIEWS_SQL = `
  SELECT w.ev_class, 1 FROM direct
  JOIN pg_rewrite w ON classid = 'pg_rewrite'::regclass AND w.oid = objid AND w.rulename = '_RETURN'
  UNION
  SELECT w.ev_class, views.depth + 1 FROM views
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = views.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN' AND w.ev_class <> views.oid`;

/**
 * One query for each kind of object. Columns: position in the order of removal, name, remove, restore, own name.
 *
 * @param columns the numbers of all columns whose type changes
 * @param matched the numbers of all expected columns: a generated one loses its expression by a remedy of its own
 * @param keyed the numbers of the changing columns whose new type a foreign key may not compare
 */
const DEPENDENT_QUERIES = (columns: string, matched: string, keyed: string) => [
  `SELECT -max(v.depth), concat(k.kind, ' ', c.oid::regclass), concat('DROP ', upper(k.kind), ' ', c.oid::regclass, ';'),
     concat('CREATE ', upper(k.kind), ' ', c.oid::regclass, ' AS', pg_get_viewdef(c.oid)), NULL
   FROM views v JOIN pg_class c ON c.oid = v.oid
   CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind) k
   GROUP BY c.oid, k.kind`,
  `SELECT 0, format('rule %I on %s', w.rulename, w.ev_class::regclass),
     format('DROP RULE %I ON %s;', w.rulename, w.ev_class::regclass), pg_get_ruledef(w.oid), w.rulename::text
   FROM direct JOIN pg_rewrite w ON classid = 'pg_rewrite'::regclass AND w.oid = objid AND w.rulename <> '_RETURN'`,
  `SELECT 0, format('trigger %I', t.tgname), format('DROP TRIGGER %I ON %s;', t.tgname, t.tgrelid::regclass),
     concat(pg_get_triggerdef(t.oid), ';'), t.tgname::text
   FROM direct JOIN pg_trigger t ON classid = 'pg_trigger'::regclass AND t.oid = objid AND NOT t.tgisinternal`,
  `SELECT 0, format('policy %I', p.polname), format('DROP POLICY %I ON %s;', p.polname, p.polrelid::regclass),
     concat('CREATE POLICY ', quote_ident(p.polname), ' ON ', p.polrelid::regclass,
       CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
       CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END,
       ' TO ' || (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ') FROM unnest(p.polroles) role),
       ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ';'), NULL
   FROM direct JOIN pg_policy p ON classid = 'pg_policy'::regclass AND p.oid = objid`,
  `SELECT 0, concat('function ', p.oid::regprocedure), format('DROP ROUTINE %s;', p.oid::regprocedure),
     concat(pg_get_functiondef(p.oid), ';'), NULL
   FROM direct JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid`,
  `SELECT 0, format('generated column %I', a.attname), format('ALTER TABLE ${CHART_TABLE} DROP COLUMN %I;', a.attname),
     format('ALTER TABLE ${CHART_TABLE} ADD COLUMN %I %s GENERATED ALWAYS AS (%s) STORED;', a.attname,
       format_type(a.atttypid, a.atttypmod), pg_get_expr(g.adbin, g.adrelid)), NULL
   FROM direct JOIN pg_attrdef g ON classid = 'pg_attrdef'::regclass AND g.oid = objid
   JOIN pg_attribute a ON a.attrelid = g.adrelid AND a.attnum = g.adnum AND a.attgenerated <> ''
   WHERE a.attnum NOT IN (${matched})`,
  // an index is adapted by ALTER TABLE unless its expressions or its predicate name a changing column
  `SELECT 0, concat('index ', i.indexrelid::regclass),
     coalesce('ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ' || quote_ident(k.conname), concat('DROP INDEX ', i.indexrelid::regclass)) || ';',
     coalesce('ALTER TABLE ${CHART_TABLE} ADD CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid),
       pg_get_indexdef(i.indexrelid)) || '; -- adapt it to the new type', NULL
   FROM pg_index i LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
   WHERE EXISTS (SELECT FROM direct WHERE objid IN (i.indexrelid, k.oid))
     AND (concat(i.indexprs::text, i.indpred::text) ~ ':varattno (${columns.replaceAll(', ', '|')}) '
       OR EXISTS (SELECT FROM unnest(i.indclass::oid[]) opclass JOIN pg_opclass o ON o.oid = opclass AND o.opcname LIKE 'bpchar_pattern%'))`,
  `SELECT 1, format('foreign key %I of %s', k.conname, k.conrelid::regclass),
     format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I;', k.conrelid::regclass, k.conname),
     format('ALTER TABLE %s ADD CONSTRAINT %I %s; -- its columns need the same types', k.conrelid::regclass, k.conname,
       pg_get_constraintdef(k.oid)), k.conname::text
   FROM pg_constraint k
   WHERE k.contype = 'f' AND (k.conrelid = to_regclass('${CHART_TABLE}') AND k.conkey && ARRAY[${keyed}]::int2[]
     OR k.confrelid = to_regclass('${CHART_TABLE}') AND k.confkey && ARRAY[${keyed}]::int2[])`,
  `SELECT 0, format('publication %I', p.pubname), format('ALTER PUBLICATION %I DROP TABLE ${CHART_TABLE};', p.pubname), NULL, NULL
   FROM direct JOIN pg_publication_rel r ON classid = 'pg_publication_rel'::regclass AND r.oid = objid
   JOIN pg_publication p ON p.oid = r.prpubid`,
];

/**
 * The objects that ALTER COLUMN ... TYPE does not adapt, or that may make it fail, in the order of their removal: views
 * and views over them, rules, triggers, policies, generated columns, functions, foreign keys, constraints that the new
 * type does not support, and indexes over expressions of the columns.
 */
export async function findDependents(db: Db, table: LegacyTable): Promise<Dependent[]> {
  const changing = findChanging(table);
  if (changing.length === 0) return [];
  const columns = toNumbers(changing);
  // text compares with text of another length; numbers and times only with the same type
  const keyed = toNumbers(changing.filter(({ expected, is_enum: isEnum }) => expected.family !== 'text' || isEnum));
  const queries = DEPENDENT_QUERIES(columns, toNumbers(table.matched), keyed);
  const { rows } = await db.raw<{ rows: Dependent[] }>(`
    WITH RECURSIVE direct AS (${DIRECT_SQL(columns)}), views(oid, depth) AS (${VIEWS_SQL}),
      found(place, name, remove, restore, own_name) AS (${queries.join('\nUNION ALL\n')})
    SELECT DISTINCT ON (place, name) name, remove, restore, own_name FROM found ORDER BY place, name
  `);
  return [...rows, ...(await findUnsupportedChecks(db, table, changing))];
}

function toNumbers(columns: readonly MatchedColumn[]): string {
  return columns.map(({ number }) => number).join(', ');
}

/** CHECK constraints whose condition cannot be evaluated with the new types of their columns. */
async function findUnsupportedChecks(
  db: Db,
  table: LegacyTable,
  changing: readonly MatchedColumn[],
): Promise<Dependent[]> {
  const { rows } = await db.raw<{ rows: { name: string; definition: string; condition: string }[] }>(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, pg_get_expr(conbin, conrelid) AS condition
    FROM pg_constraint
    WHERE conrelid = to_regclass('${CHART_TABLE}') AND contype = 'c' AND conkey && ARRAY[${toNumbers(changing)}]::int2[]
    ORDER BY conname
  `);
  const columns = [
    ...table.matched.map((column) => `NULL::${typeAfter(column)} AS ${quoteName(column.name)}`),
    ...table.own.map((column) => `NULL::${column.type} AS ${quoteName(column.name)}`),
  ];
  const unsupported = [];
  for (const { name, definition, condition } of rows) {
    const sql = `SELECT ${condition} FROM (SELECT ${columns.join(', ')}) AS ${CHART_TABLE} LIMIT 0`;
    if (await isSupported(db, sql)) continue;
    unsupported.push({
      name: `constraint ${quoteName(name)}`,
      remove: `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(name)};`,
      restore: `ALTER TABLE ${CHART_TABLE} ADD CONSTRAINT ${quoteName(name)} ${definition}; -- adapt it to the new type`,
      own_name: name,
    });
  }
  return unsupported;
}

/** Whether a query can be planned. It runs under a savepoint, because a failed statement aborts the transaction. */
async function isSupported(db: Db, sql: string): Promise<boolean> {
  try {
    await db.transaction((savepoint) => savepoint.raw(sql.replaceAll('?', '\\?')));
    return true;
  } catch (error) {
    if (/^(42|22|0A)/.test(findErrorCode(error) ?? '')) return false;
    throw error;
  }
}
