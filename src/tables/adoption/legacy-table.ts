import type { Db } from '../../database/store.js';
import { CHART_TABLE, type ChartColumnName } from '../rolling-chart-data/columns.js';
import { findClearest, isSpellingOf } from './columns/column-spellings.js';
import {
  classifyType,
  EXPECTED_COLUMNS,
  type ExpectedColumn,
  type TypeConversion,
} from './columns/expected-columns.js';

/** The constraint by which the migrations recognize an adopted table. */
export const SOURCE_CHECK = 'chartctl_source_is_known';

/** A column of the existing table, from the catalog. */
export interface FoundColumn {
  number: number;
  name: string;
  type: string;
  is_enum: boolean;
  not_null: boolean;
  default_value: string | null;
  is_identity: boolean;
  is_generated: boolean;
  in_primary_key: boolean;
}

/** A column that matches an expected one, maybe under another name (`"isComplete"`, `is_complete`). */
export interface MatchedColumn extends FoundColumn {
  expected: ExpectedColumn;
  /** The name may mean something else: it was taken because the table has none of a clearer name. */
  is_stand_in: boolean;
  conversion: TypeConversion;
}

export interface FoundIndex {
  name: string;
  is_unique: boolean;
  is_valid: boolean;
  /** It is not partial and has no expressions. */
  is_plain: boolean;
  /** It is not deferrable, so ON CONFLICT can use it. */
  is_immediate: boolean;
  /** The constraint that it implements. */
  constraint: string | null;
  /** Its key columns in order, without INCLUDE columns. */
  columns: string[];
  /** All columns that decide which rows it forbids: also those of its expressions and of its condition. */
  all_columns: string[];
}

interface FoundRelation {
  /** `pg_class.relkind`: r table, p partitioned table, v view, m materialized view, f foreign table. */
  kind: string;
  owner: string;
  /** The role of this session. */
  me: string;
  may_alter: boolean;
  /** It has partitions, or inheriting tables that are no chunks of a hypertable. */
  has_children: boolean;
  /** An earlier migration has left the constraint by which the migrations recognize an adopted table. */
  has_source_check: boolean;
  /** The tables that it inherits its columns from, or the one of which it is a partition. */
  parents: string[];
  is_partition: boolean;
  /** Row-level security binds this role: rows may be hidden from it. */
  may_hide_rows: boolean;
  /** Publications that reject updates and deletions, because nothing identifies the rows for the subscribers. */
  publications: string | null;
}

/** A table named `rolling_chart_data` that chartctl did not create. */
export interface LegacyTable {
  relation: FoundRelation;
  matched: MatchedColumn[];
  /** The platform's own columns, which are kept unchanged. */
  own: FoundColumn[];
  missing: ExpectedColumn[];
  indexes: FoundIndex[];
}

/** Reads the table's definition from the catalog; undefined when the table does not exist. */
export async function findLegacyTable(db: Db): Promise<LegacyTable | undefined> {
  const relation = await findRelation(db);
  if (!relation) return undefined;
  const found = await findColumns(db);
  const matched = matchColumns(found);
  const numbers = new Set(matched.map((column) => column.number));
  return {
    relation,
    matched,
    own: found.filter((column) => !numbers.has(column.number)),
    missing: EXPECTED_COLUMNS.filter((expected) => !matched.some((column) => column.expected === expected)),
    indexes: await findIndexes(db),
  };
}

/** Whether it is a plain table that this role may read and alter; any other is refused as a whole. */
export function isReadable({ relation }: LegacyTable): boolean {
  return relation.may_alter && relation.kind === 'r';
}

/** Finds the expected columns by every spelling and synonym; then the missing ones by names of less certain meaning. */
function matchColumns(found: readonly FoundColumn[]): MatchedColumn[] {
  const matched = EXPECTED_COLUMNS.flatMap((expected) => {
    const spellings = found.filter(({ name }) => isSpellingOf(expected.name, name));
    const columns = spellings.length > 0 ? spellings : findStandIns(expected, found);
    return columns.map((column) => ({
      ...column,
      expected,
      is_stand_in: spellings.length === 0,
      conversion: classifyType(expected, column.type, column.is_enum),
    }));
  });
  return matched.sort((a, b) => a.number - b.number);
}

function findStandIns(expected: ExpectedColumn, found: readonly FoundColumn[]): FoundColumn[] {
  // a time of day is no point in time: beside a column `date` it is a part of one
  const possible = found.filter(({ type }) => expected.family !== 'time' || !isTimeOfDay(type));
  const names = findClearest(
    expected.name,
    possible.map(({ name }) => name),
  );
  return possible.filter(({ name }) => names.includes(name));
}

/** Whether the type is `time`, with or without a zone. */
export function isTimeOfDay(type: string): boolean {
  return /^time(\(\d\))? /.test(type);
}

/** The current, quoted name of an expected column; undefined when the column is missing. */
export function currentName(table: LegacyTable, name: ChartColumnName): string | undefined {
  const columns = table.matched.filter(({ expected }) => expected.name === name);
  const column = columns.find((candidate) => candidate.name === name) ?? columns[0];
  return column && quoteName(column.name);
}

/** Quotes an identifier for SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text for SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function findRelation(db: Db): Promise<FoundRelation | undefined> {
  const { rows } = await db.raw<{ rows: FoundRelation[] }>(`
    SELECT c.relkind::text AS kind, pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS me,
           pg_has_role(c.relowner, 'USAGE') AS may_alter,
           EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
             WHERE i.inhparent = c.oid AND child.relnamespace IS DISTINCT FROM to_regnamespace('_timescaledb_internal')) AS has_children,
           EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND conname = '${SOURCE_CHECK}'
             AND pg_get_constraintdef(oid) LIKE '%BINANCE_BACKFILL%') AS has_source_check,
           (SELECT coalesce(json_agg(inhparent::regclass::text ORDER BY inhseqno), '[]') FROM pg_inherits WHERE inhrelid = c.oid)
             AS parents, c.relispartition AS is_partition,
           c.relkind = 'r' AND row_security_active(c.oid) AS may_hide_rows,
           (SELECT string_agg(quote_ident(p.pubname), ', ' ORDER BY p.pubname)
            FROM pg_publication p JOIN pg_publication_tables t USING (pubname)
            WHERE t.schemaname = n.nspname AND t.tablename = c.relname AND (p.pubupdate OR p.pubdelete)
              AND c.relreplident <> 'f' AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid
                AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END)) AS publications
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('${CHART_TABLE}')
  `);
  return rows[0];
}

async function findColumns(db: Db): Promise<FoundColumn[]> {
  const { rows } = await db.raw<{ rows: FoundColumn[] }>(`
    SELECT a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
           t.typtype = 'e' AS is_enum, a.attnotnull AS not_null, pg_get_expr(d.adbin, d.adrelid) AS default_value,
           a.attidentity <> '' AS is_identity, a.attgenerated <> '' AS is_generated,
           EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
                   AND a.attnum = ANY (i.indkey)) AS in_primary_key
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = to_regclass('${CHART_TABLE}') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
  `);
  return rows;
}

async function findIndexes(db: Db): Promise<FoundIndex[]> {
  const { rows } = await db.raw<{ rows: FoundIndex[] }>(`
    SELECT c.relname AS name, i.indisunique AS is_unique, i.indisvalid AS is_valid, i.indimmediate AS is_immediate,
           i.indpred IS NULL AND i.indexprs IS NULL AS is_plain,
           (SELECT k.conname FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid LIMIT 1)
             AS constraint,
           coalesce((SELECT json_agg(a.attname ORDER BY key.place)
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key(number, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.number
             WHERE key.place <= i.indnkeyatts), '[]') AS columns,
           coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (
               a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
               OR a.attnum <> ALL (i.indkey::int2[]) AND EXISTS (
                 SELECT 1 FROM pg_depend d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
             ), '[]') AS all_columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('${CHART_TABLE}')
    ORDER BY c.relname
  `);
  return rows;
}
