import type { Db } from '../../../database/store.js';
import { findErrorCode } from '../../../database/connection/database-failure.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { typeAfter } from './dependents.js';
import { type FoundColumn, isReadable, type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';
import { TRIAL_ROWS, type TrialRow, UNUSED_SYMBOLS } from '../trial/trial-rows.js';

/** A constraint of the table that rejects rows that chartctl writes. */
export interface NarrowConstraint {
  name: string;
  definition: string;
  /** The kind of the first row that it rejects. */
  what: string;
}

/**
 * Evaluates each CHECK constraint for a row of each kind, and finds the foreign keys of our columns, which reject a
 * symbol or minute that the other table does not have. Reads only, so that a dry run finds them too; what depends on a
 * trigger or an index is found when rows are tried.
 */
export async function findNarrowConstraints(db: Db, table: LegacyTable): Promise<NarrowConstraint[]> {
  if (!isReadable(table)) return [];
  const { rows } = await db.raw<{ rows: (NarrowConstraint & { condition: string | null; ours: boolean })[] }>(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, pg_get_expr(conbin, conrelid) AS condition,
           conkey && ARRAY[${table.matched.map(({ number }) => number).join(', ')}]::int2[] AS ours
    FROM pg_constraint WHERE conrelid = to_regclass('${CHART_TABLE}') AND contype IN ('c', 'f') ORDER BY contype, conname
  `);
  const offered = `(${TRIAL_ROWS.map((row) => toSelect(table, row)).join(' UNION ALL ')}) AS ${CHART_TABLE}`;
  const narrow = [];
  for (const { name, definition, condition, ours } of rows) {
    const what =
      condition === null
        ? ours && 'a row of a symbol or minute that the other table does not have'
        : await findRejected(db, condition, offered);
    if (what) narrow.push({ name, definition, what });
  }
  return narrow;
}

/** The kind of the first row that a condition rejects. A condition that cannot be evaluated is no reason to refuse. */
async function findRejected(db: Db, condition: string, offered: string): Promise<string | undefined> {
  try {
    const sql = `SELECT chartctl_kind AS what FROM ${offered} WHERE NOT (${condition}) LIMIT 1`;
    const { rows } = await db.transaction((savepoint) =>
      savepoint.raw<{ rows: { what: string }[] }>(sql.replaceAll('?', '\\?')),
    );
    return rows[0]?.what;
  } catch (error) {
    if (/^(42|22|0A|P0)/.test(findErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

const A_RECENT_MINUTE = `(date_trunc('minute', now()) - interval '10 minutes')`;

function toSelect(table: LegacyTable, row: TrialRow): string {
  const values: Record<string, unknown> = {
    ...row,
    ...row.indicators,
    symbol: UNUSED_SYMBOLS[0],
    hasmissingdata: row.hasMissingData,
    iscomplete: row.isComplete,
    written_at: row.writtenAt?.toISOString(),
  };
  const valueOf = ({ expected }: MatchedColumn) =>
    expected.name === 'timestamp' ? A_RECENT_MINUTE : toLiteral(values[expected.name]);
  const ours = (column: MatchedColumn) => `${valueOf(column)}::${typeAfter(column)} AS ${quoteName(column.name)}`;
  const own = (column: FoundColumn) => `(${toDefault(column)})::${column.type} AS ${quoteName(column.name)}`;
  const columns = [...table.matched.map(ours), ...table.own.map(own)];
  return `SELECT ${toLiteral(row.what)}::text AS chartctl_kind, ${columns.join(', ')}`;
}

function toLiteral(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
    return `'${String(value).replaceAll("'", "''")}'`;
  }
  return 'NULL';
}

/** The default of a column of the platform; a sequence is left alone. */
function toDefault({ default_value: value, is_generated: isGenerated }: FoundColumn): string {
  return value === null || isGenerated || value.includes('nextval(') ? 'NULL' : value;
}
