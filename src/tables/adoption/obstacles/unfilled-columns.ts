import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type FoundColumn, isReadable, type LegacyTable, quoteName } from '../legacy-table.js';

/** A NOT NULL column of the platform without a default, which the rows that chartctl inserts leave out. */
export interface UnfilledColumn {
  column: FoundColumn;
  /** The columns of the primary key, if the column belongs to it. */
  key: { constraint: string; columns: number; referrers: { name: string; table: string }[] } | null;
  /** It belongs to the index by which replicas identify rows: such a column cannot become nullable. */
  isReplicaIdentity: boolean;
  /** The value that suits a row of chartctl, as a literal of the column's type; null when there is none. */
  value: string | null;
}

/** Reads the values of these columns; changes nothing. */
export async function findUnfilledColumns(db: Db, table: LegacyTable): Promise<UnfilledColumn[]> {
  if (!isReadable(table)) return [];
  const unfilled = table.own.filter(
    (column) => column.not_null && column.default_value === null && !column.is_identity && !column.is_generated,
  );
  const found = [];
  for (const column of unfilled) {
    const key = column.in_primary_key ? await findPrimaryKey(db) : null;
    const isAlone = key?.columns === 1;
    const isReplicaIdentity = await isInReplicaIdentity(db, column);
    found.push({ column, key, isReplicaIdentity, value: isAlone ? null : await findValue(db, column, key !== null) });
  }
  return found;
}

function isWord({ type, is_enum: isEnum }: FoundColumn): boolean {
  return isEnum || /^(text|citext|character.*)$/.test(type);
}

async function findPrimaryKey(db: Db): Promise<UnfilledColumn['key']> {
  const { rows } = await db.raw<{ rows: NonNullable<UnfilledColumn['key']>[] }>(`
    SELECT k.conname AS constraint, cardinality(k.conkey) AS columns,
           (SELECT coalesce(json_agg(json_build_object('name', f.conname, 'table', f.conrelid::regclass::text)), '[]')
            FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = k.conrelid AND f.conindid = k.conindid) AS referrers
    FROM pg_constraint k WHERE k.conrelid = to_regclass('${CHART_TABLE}') AND k.contype = 'p'
  `);
  return rows[0] ?? null;
}

async function isInReplicaIdentity(db: Db, { number }: FoundColumn): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_index WHERE indrelid = to_regclass('${CHART_TABLE}') AND indisreplident AND ${number} = ANY (indkey)`,
  );
  return rows.length > 0;
}

/** Names of columns that tell candles of one minute apart, and their value for those of chartctl. */
const CONSTANTS: readonly { name: RegExp; like: string; value: string }[] = [
  {
    name: /interval|timeframe|time_frame|^tf$|resolution|granularity/i,
    like: '^(1m|1min|1 ?minute|m1|1|60|60s)$',
    value: '1m',
  },
  { name: /exchange|venue|market|provider/i, like: 'binance', value: 'binance' },
];

/**
 * The value that rows of chartctl should have: of several, the one for Binance's minutes, else the most frequent; in an
 * empty table, what the column's name suggests. Null for columns whose values tell the rows apart, as an ID does, and,
 * outside of a key, for columns with several values.
 */
async function findValue(db: Db, column: FoundColumn, inKey: boolean): Promise<string | null> {
  const name = quoteName(column.name);
  const constant = CONSTANTS.find((each) => each.name.test(column.name));
  if (!constant && !isWord(column)) return null;
  const { rows } = await db.raw<{ rows: { value: string; values: number; rows: number }[] }>(
    `SELECT quote_literal(${name}::text) AS value, count(*) OVER ()::int AS values, (sum(count(*)) OVER ())::int AS rows
     FROM ${CHART_TABLE} GROUP BY ${name}
     ORDER BY ${name}::text ~* '${constant?.like ?? '^$'}' DESC, count(*) DESC, 1 LIMIT 1`.replaceAll('?', '\\?'),
  );
  const [row] = rows;
  if (row) {
    const isConstant = (inKey || row.values === 1) && (constant !== undefined || 2 * row.values <= row.rows);
    return isConstant ? `${row.value}::${column.type}` : null;
  }
  if (!constant) return null;
  if (column.is_enum) return `enum_first(NULL::${column.type})`;
  const width = /\((\d+)\)/.exec(column.type)?.[1];
  if (isWord(column)) return Number(width ?? Infinity) < constant.value.length ? `''` : `'${constant.value}'`;
  return /^(smallint|integer|bigint)$/.test(column.type) ? '1' : null;
}
