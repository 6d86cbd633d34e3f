import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type FoundIndex, isReadable, type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';
import { findTypeRemedy, NAIVE_TIME, toWordSql, type TypeRemedy } from './type-remedy.js';

/** A column of a refused type, with what its values allow. */
export interface RefusedColumn {
  column: MatchedColumn;
  remedy: TypeRemedy;
  /** Rows whose value cannot be converted. */
  unreadable: number;
  /** One of these values. */
  sample: string | null;
  /** Unique indexes that would have the same minute twice after the conversion: a time in seconds and in milliseconds. */
  violated: FoundIndex[];
}

/** The columns whose types the migration refuses, with the conversion that suits their values. Reads each column once. */
export async function findRefusedColumns(db: Db, table: LegacyTable, zone: string): Promise<RefusedColumn[]> {
  if (!isReadable(table)) return [];
  const refused = table.matched.filter(({ conversion }) => conversion.kind === 'refuse');
  const found = [];
  for (const column of refused) found.push(await findRefusedColumn(db, table, column, zone));
  return found;
}

async function findRefusedColumn(
  db: Db,
  table: LegacyTable,
  column: MatchedColumn,
  zone: string,
): Promise<RefusedColumn> {
  const remedy = findTypeRemedy(column, await isNaiveText(db, column), zone);
  const violated = await findViolated(db, table, { column, using: remedy.using });
  if (remedy.readable === null) return { column, remedy, unreadable: 0, sample: null, violated };
  const { rows } = await db.raw<{ rows: { count: string; sample: string | null }[] }>(
    `SELECT count(*) AS count, min(${quoteName(column.name)}::text) AS sample FROM ${CHART_TABLE}
     WHERE NOT (${remedy.readable})`.replaceAll('?', '\\?'),
  );
  return { column, remedy, unreadable: Number(rows[0]!.count), sample: rows[0]!.sample, violated };
}

/** Whether the values are times as text, none with an offset and none an epoch number. */
async function isNaiveText(db: Db, column: MatchedColumn): Promise<boolean> {
  if (column.expected.family !== 'time') return false;
  const { readable } = findTypeRemedy(column, false, 'UTC');
  if (readable === null) return false;
  const { rows } = await db.raw<{ rows: { naive: boolean | null }[] }>(
    `SELECT bool_and(${toWordSql(quoteName(column.name))} ~ '${NAIVE_TIME}') AS naive FROM ${CHART_TABLE} WHERE ${readable}`.replaceAll(
      '?',
      '\\?',
    ),
  );
  return rows[0]!.naive ?? false;
}

/** The unique indexes with this time that two rows would violate after the conversion. */
async function findViolated(
  db: Db,
  table: LegacyTable,
  { column, using }: { column: MatchedColumn; using: string },
): Promise<FoundIndex[]> {
  if (column.expected.name !== 'timestamp') return [];
  const violated = [];
  for (const index of table.indexes.filter((each) => each.is_unique && each.columns.includes(column.name))) {
    const key = index.columns.map((name) => (name === column.name ? using : quoteName(name))).join(', ');
    const { rows } = await db.raw<{ rows: unknown[] }>(
      `SELECT 1 FROM ${CHART_TABLE} WHERE ${using} IS NOT NULL GROUP BY ${key} HAVING count(*) > 1 LIMIT 1`.replaceAll(
        '?',
        '\\?',
      ),
    );
    if (rows.length > 0) violated.push(index);
  }
  return violated;
}
