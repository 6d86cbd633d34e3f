import type { Knex } from 'knex';
import type { ChartRow } from '../core/chart-row.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from './array-literal.js';
import {
  CHART_TABLE,
  INSERTED,
  ON_MINUTE_SQL,
  SELECTED,
  toChartRow,
  type ChartColumn,
  type ChartRecord,
} from './chart-columns.js';
import { copyIn } from './copy-in.js';
import { copyLine } from './copy-text.js';

/** From this many rows on, COPY beats one INSERT. */
const COPY_FROM_ROWS = 200;

/** The rows of a symbol in a range, ordered by time. */
export async function findRows(db: Knex, symbol: string, range: MinuteRange): Promise<ChartRow[]> {
  const records = await inRange(db, symbol, range).select<ChartRecord[]>(SELECTED).orderBy('timestamp');
  return records.map(toChartRow);
}

/** The oldest and the newest minute stored of a symbol; null when there is none. */
export async function findSpan(db: Knex, symbol: string): Promise<{ first: Minute; last: Minute } | null> {
  const { rows } = await db.raw<{ rows: { first: Date | null; last: Date | null }[] }>(
    `SELECT min(timestamp) AS first, max(timestamp) AS last FROM ${CHART_TABLE} WHERE symbol = ?`,
    [symbol],
  );
  const found = rows[0];
  if (!found?.first || !found.last) return null;
  return { first: found.first.getTime(), last: found.last.getTime() };
}

/** The newest minute stored of a symbol before `before`; null when there is none. */
export async function findNewestMinute(db: Knex, symbol: string, before: Minute): Promise<Minute | null> {
  const found = await db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '<', new Date(before))
    .andWhereRaw(ON_MINUTE_SQL)
    .orderBy('timestamp', 'desc')
    .first<{ timestamp: Date } | undefined>('timestamp');
  return found ? found.timestamp.getTime() : null;
}

/** Every symbol of the table, in order: one index look-up each, whatever the number of rows. */
export async function findSymbols(db: Knex): Promise<string[]> {
  const symbols: string[] = [];
  for (;;) {
    const query = db(CHART_TABLE)
      .whereNotNull('symbol')
      .orderBy('symbol')
      .first<{ symbol: string } | undefined>('symbol');
    const found = await (symbols.length > 0 ? query.andWhere('symbol', '>', symbols.at(-1)!) : query);
    if (!found) return symbols;
    symbols.push(found.symbol);
  }
}

/** Stores rows whose minutes are not there yet; one that appeared meanwhile is SQLSTATE 23505 and repeats the transaction. */
export async function insertRows(trx: Knex.Transaction, symbol: string, rows: readonly ChartRow[]): Promise<void> {
  if (rows.length === 0) return;
  const names = INSERTED.map((column) => column.name).join(', ');
  if (rows.length >= COPY_FROM_ROWS) {
    await copyIn(trx, `COPY ${CHART_TABLE} (symbol, ${names}) FROM STDIN`, copyLines(symbol, rows));
    return;
  }
  const { sql, bindings } = toUnnest(INSERTED, rows);
  await trx.raw(`INSERT INTO ${CHART_TABLE} (symbol, ${names}) SELECT ?, v.* FROM ${sql}`, [symbol, ...bindings]);
}

/** Writes the given columns of rows that are there; answers how many rows were written. */
export async function updateRows(
  trx: Knex.Transaction,
  symbol: string,
  columns: readonly ChartColumn[],
  rows: readonly ChartRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const time: ChartColumn = INSERTED[0]!;
  const { sql, bindings } = toUnnest([time, ...columns], rows);
  const assignments = columns.map((column) => `${column.name} = v.${column.name}`).join(', ');
  const { rows: written } = await trx.raw<{ rows: unknown[] }>(
    `UPDATE ${CHART_TABLE} t SET ${assignments} FROM ${sql}
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp RETURNING 1`,
    [...bindings, symbol, new Date(rows[0]!.openTime), new Date(rows.at(-1)!.openTime)],
  );
  return written.length;
}

/** Deletes rows by minute; answers how many were there. */
export async function removeRows(trx: Knex.Transaction, symbol: string, minutes: readonly Minute[]): Promise<number> {
  if (minutes.length === 0) return 0;
  const [from, last] = minutes.reduce(([a, b], m) => [Math.min(a, m), Math.max(b, m)], [Infinity, -Infinity]);
  const removed = await inRange(trx, symbol, { from, to: last + MINUTE_MS })
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toArrayLiteral(minutes.map((minute) => new Date(minute)))])
    .delete(['timestamp']);
  return removed.length;
}

/** The minutes of a symbol's rows before `before`, in order. */
export async function findMinutesBefore(db: Knex, symbol: string, before: Minute): Promise<Minute[]> {
  const found = await db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '<', new Date(before))
    .orderBy('timestamp')
    .select<{ timestamp: Date }[]>('timestamp');
  return found.map((record) => record.timestamp.getTime());
}

/** How many rows a symbol has, and how many of them are flagged. */
export async function countFlagged(db: Knex, symbol: string): Promise<{ rows: number; flagged: number }> {
  const { rows } = await db.raw<{ rows: { rows: string; flagged: string }[] }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE hasmissingdata) AS flagged FROM ${CHART_TABLE} WHERE symbol = ?`,
    [symbol],
  );
  return { rows: Number(rows[0]!.rows), flagged: Number(rows[0]!.flagged) };
}

/** A query over the rows of a symbol on whole minutes of a range. */
export function inRange(db: Knex, symbol: string, range: MinuteRange): Knex.QueryBuilder {
  return db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '>=', new Date(range.from))
    .andWhere('timestamp', '<', new Date(range.to))
    .andWhereRaw(ON_MINUTE_SQL);
}

/** `unnest(...) AS v(...)`: rows as one array literal a column, so that a statement has few bindings whatever its size. */
function toUnnest(columns: readonly ChartColumn[], rows: readonly ChartRow[]): { sql: string; bindings: string[] } {
  return {
    sql: `unnest(${columns.map((column) => `?::${column.type}[]`).join(', ')}) AS v(${columns.map((column) => column.name).join(', ')})`,
    bindings: columns.map((column) => toArrayLiteral(rows.map((row) => column.valueOf(row)))),
  };
}

function* copyLines(symbol: string, rows: readonly ChartRow[]): Generator<string> {
  for (const row of rows) yield copyLine([symbol, ...INSERTED.map((column) => column.valueOf(row))]);
}
