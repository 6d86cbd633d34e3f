import { SOURCES } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import type { Db } from '../../database/store.js';
import { findOwnKeyColumns, type OwnKeyColumn } from './rows/distinguishing-columns.js';
import { currentName, type LegacyTable, type MatchedColumn, quoteName } from './legacy-table.js';
import { countSetAside, findSetAsideName, fromAdoptedRows } from './rows/row-condition.js';
import { findWrittenSymbols, type WrittenSymbols } from './rows/written-symbols.js';

/** Which rows are adopted, and what the user said about them. */
export interface RowChoice {
  /** An SQL condition: only rows for which it is true are adopted. */
  where?: string | undefined;
  /** Columns in which duplicates may differ. */
  ignoreDifference?: readonly string[] | undefined;
}

/** What the migration has to know about the rows of a legacy table. */
export interface LegacyRows {
  /** The rows to adopt; everything below is about them. */
  count: number;
  /** The other rows, and the table to which they are moved; null when all rows are adopted. */
  setAside: { condition: string; table: string; count: number } | null;
  withoutKey: number;
  duplicates: number;
  /** Rows whose `source` is NULL. */
  unsourced: number;
  /** Rows whose `hasMissingData` is NULL. */
  unflagged: number;
  /** Other values of `source` than chartctl's, with their numbers of rows. */
  unknownSources: { source: string; count: number }[];
  symbols: WrittenSymbols;
  /** The platform's own columns that may tell the rows of a minute apart. */
  keyColumns: OwnKeyColumn[];
  /** For columns of which the table has two: in how many rows each has a value, of booleans true. */
  twinValues: Readonly<Record<string, number>>;
}

/**
 * Reads the table's rows; changes nothing.
 *
 * @throws Failure (usage) when PostgreSQL does not accept the condition, or when a column to ignore does not exist
 */
export async function countLegacyRows(db: Db, table: LegacyTable, choice: RowChoice): Promise<LegacyRows> {
  const { where: condition, ignoreDifference = [] } = choice;
  requireColumns(table, ignoreDifference);
  const setAside =
    condition === undefined
      ? null
      : { condition, table: await findSetAsideName(db), count: await countSetAside(db, condition) };
  const from = fromAdoptedRows(condition);
  return {
    setAside: setAside && setAside.count > 0 ? setAside : null,
    ...(await countRows(db, table, from)),
    unknownSources: await findUnknownSources(db, table, from),
    symbols: await findWrittenSymbols(db, table, from),
    keyColumns: await findOwnKeyColumns(db, table, from, ignoreDifference),
    twinValues: await countTwinValues(db, table, from),
  };
}

function requireColumns({ own }: LegacyTable, names: readonly string[]): void {
  const unknown = names.filter((name) => !own.some((column) => column.name === name));
  if (unknown.length === 0) return;
  const listed = unknown.map((name) => JSON.stringify(name)).join(', ');
  throw new Failure('usage', `--ignore-difference names ${listed}, which is no column of the platform's own`, {
    hint: `expected some of: ${own.map(({ name }) => name).join(', ') || '(none)'}`,
    code: 'UNKNOWN_COLUMN',
  });
}

type Counts = Pick<LegacyRows, 'count' | 'withoutKey' | 'duplicates' | 'unsourced' | 'unflagged'>;

async function countRows(db: Db, table: LegacyTable, from: string): Promise<Counts> {
  const symbol = currentName(table, 'symbol')!;
  const time = currentName(table, 'timestamp')!;
  const source = currentName(table, 'source');
  const flag = currentName(table, 'hasmissingdata');
  const countNulls = (column: string | undefined) => (column ? `count(*) FILTER (WHERE ${column} IS NULL)` : '0');
  const { rows } = await db.raw<{ rows: Record<string, string | null>[] }>(`
    SELECT counted.*, repeated.duplicates
    FROM (SELECT count(*) AS count, count(*) FILTER (WHERE ${symbol} IS NULL OR ${time} IS NULL) AS without_key,
                 ${countNulls(source)} AS unsourced, ${countNulls(flag)} AS unflagged
          FROM ${from}) AS counted,
         (SELECT coalesce(sum(n - 1), 0) AS duplicates FROM (
            SELECT count(*) AS n FROM ${from} WHERE ${symbol} IS NOT NULL AND ${time} IS NOT NULL
            GROUP BY ${symbol}::text, ${time} HAVING count(*) > 1) AS minutes) AS repeated
  `);
  const counted = rows[0]!;
  return {
    count: Number(counted.count),
    withoutKey: Number(counted.without_key),
    duplicates: Number(counted.duplicates),
    unsourced: Number(counted.unsourced),
    unflagged: Number(counted.unflagged),
  };
}

async function findUnknownSources(db: Db, table: LegacyTable, from: string): Promise<LegacyRows['unknownSources']> {
  const source = currentName(table, 'source');
  if (source === undefined) return [];
  const { rows } = await db.raw<{ rows: { source: string; count: string }[] }>(`
    SELECT ${source}::text AS source, count(*) AS count FROM ${from}
    WHERE ${source}::text NOT IN (${SOURCES.map((name) => `'${name}'`).join(', ')})
    GROUP BY 1 ORDER BY 2 DESC, 1
  `);
  return rows.map((row) => ({ source: row.source, count: Number(row.count) }));
}

/** The columns of one meaning of which the table has several. */
export function findTwins(table: LegacyTable): MatchedColumn[][] {
  const names = [...new Set(table.matched.map(({ expected }) => expected.name))];
  return names
    .map((name) => table.matched.filter(({ expected }) => expected.name === name))
    .filter((columns) => columns.length > 1);
}

async function countTwinValues(db: Db, table: LegacyTable, from: string): Promise<Record<string, number>> {
  const columns = findTwins(table).flat();
  if (columns.length === 0) return {};
  const counts = columns.map(({ name, type }, at) =>
    type === 'boolean' ? `count(*) FILTER (WHERE ${quoteName(name)}) AS n${at}` : `count(${quoteName(name)}) AS n${at}`,
  );
  const { rows } = await db.raw<{ rows: Record<string, string>[] }>(`SELECT ${counts.join(', ')} FROM ${from}`);
  return Object.fromEntries(columns.map(({ name }, at) => [name, Number(rows[0]![`n${at}`])]));
}
