import { SOURCES } from '../../core/candle.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { currentName, type LegacyTable, quoteName } from './legacy-table.js';

/** What the migration has to know about the rows of a legacy table. */
export interface LegacyRows {
  count: number;
  withoutKey: number;
  duplicates: number;
  /** Rows whose `source` is NULL. */
  unsourced: number;
  /** Rows whose `hasMissingData` is NULL. */
  unflagged: number;
  /** Other values of `source` than chartctl's, with their numbers of rows. */
  unknownSources: { source: string; count: number }[];
  /** Symbols that no command accepts. */
  invalidSymbols: string[];
}

/** Reads the table's rows; changes nothing. */
export async function countLegacyRows(db: Db, table: LegacyTable): Promise<LegacyRows> {
  const symbol = currentName(table, 'symbol')!;
  const time = currentName(table, 'timestamp')!;
  const source = currentName(table, 'source');
  const flag = currentName(table, 'hasmissingdata');
  const countNulls = (column: string | undefined) => (column ? `count(*) FILTER (WHERE ${column} IS NULL)` : '0');
  const { rows } = await db.raw<{ rows: Record<string, string | null>[] }>(`
    SELECT count(*) AS count, count(*) FILTER (WHERE ${symbol} IS NULL OR ${time} IS NULL) AS without_key,
           ${countNulls(source)} AS unsourced, ${countNulls(flag)} AS unflagged,
           (SELECT coalesce(sum(n - 1), 0) FROM (
              SELECT count(*) AS n FROM ${CHART_TABLE} WHERE ${symbol} IS NOT NULL AND ${time} IS NOT NULL
              GROUP BY ${symbol}::text, ${time} HAVING count(*) > 1) AS repeated) AS duplicates
    FROM ${CHART_TABLE}
  `);
  const counted = rows[0]!;
  return {
    count: Number(counted.count),
    withoutKey: Number(counted.without_key),
    duplicates: Number(counted.duplicates),
    unsourced: Number(counted.unsourced),
    unflagged: Number(counted.unflagged),
    unknownSources: source ? await findUnknownSources(db, source) : [],
    invalidSymbols: await findInvalidSymbols(db, symbol),
  };
}

/**
 * The order of duplicates, the row to keep first: by the columns that show best when a row was written.
 *
 * The last criterion is the row's physical position (`ctid`), which is meaningful only in a plain, undistributed table.
 */
export function orderLatestFirst(table: LegacyTable): { sql: string; description: string } {
  const timestamps = ['written_at', 'updated_at', 'created_at'].filter((name) =>
    [...table.matched, ...table.own].some((column) => column.name === name && column.type.startsWith('timestamp')),
  );
  const id = table.own.find(
    (column) =>
      /^(smallint|integer|bigint)$/.test(column.type) &&
      (column.is_identity || column.in_primary_key || column.default_value?.startsWith('nextval(')),
  );
  // an update does not change the ID and created_at, so columns that change with the row come first
  const names = [...timestamps.filter((name) => name !== 'created_at'), ...(id ? [id.name] : [])];
  if (timestamps.includes('created_at')) names.push('created_at');
  const keys = [...names.map((name) => `${quoteName(name)} DESC NULLS LAST`), 'ctid DESC'];
  return {
    sql: keys.join(', '),
    description: names.length > 0 ? `by ${names.join(', then ')}` : 'by position in the table',
  };
}

async function findUnknownSources(db: Db, source: string): Promise<LegacyRows['unknownSources']> {
  const { rows } = await db.raw<{ rows: { source: string; count: string }[] }>(`
    SELECT ${source}::text AS source, count(*) AS count FROM ${CHART_TABLE}
    WHERE ${source}::text NOT IN (${SOURCES.map((name) => `'${name}'`).join(', ')})
    GROUP BY 1 ORDER BY 2 DESC, 1
  `);
  return rows.map((row) => ({ source: row.source, count: Number(row.count) }));
}

async function findInvalidSymbols(db: Db, symbol: string): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { symbol: string }[] }>(`
    SELECT DISTINCT ${symbol}::text AS symbol FROM ${CHART_TABLE}
    WHERE ${symbol}::text !~ '^[A-Z0-9._-]{1,20}$' ORDER BY 1
  `);
  return rows.map((row) => row.symbol);
}
