import type { Knex } from 'knex';
import type { ChartRow } from '../core/chart-row.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimesLiteral } from './connection/binding-text.js';
import { CHART_TABLE, ON_MINUTE_SQL, SELECTED, toChartRow, type ChartRecord } from './chart-columns.js';

/** The rows of a symbol in a range, ordered by time. */
export async function findRows(db: Knex, symbol: string, range: MinuteRange): Promise<ChartRow[]> {
  const records = await inRange(db, symbol, range).select<ChartRecord[]>(SELECTED).orderBy('timestamp');
  return records.map(toChartRow);
}

/** The oldest and the newest minute stored of a symbol, of a range if one is given; null when there is none. */
export async function findSpan(
  db: Knex,
  symbol: string,
  range?: MinuteRange,
): Promise<{ first: Minute; last: Minute } | null> {
  const within = range ? 'AND timestamp >= ? AND timestamp < ?' : '';
  const { rows } = await db.raw<{ rows: { first: Date | null; last: Date | null }[] }>(
    `SELECT min(timestamp) AS first, max(timestamp) AS last FROM ${CHART_TABLE} WHERE symbol = ? ${within}`,
    [symbol, ...(range ? [new Date(range.from), new Date(range.to)] : [])],
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

/** The newest minute stored of each symbol before `before`; symbols without one are left out. */
export async function findNewestMinutes(
  db: Knex,
  symbols: readonly string[],
  before: Minute,
): Promise<Map<string, Minute>> {
  const { rows } = await db.raw<{ rows: { symbol: string; timestamp: Date }[] }>(
    `SELECT s.symbol, r.timestamp FROM unnest(?::text[]) AS s(symbol), LATERAL (
       SELECT timestamp FROM ${CHART_TABLE} t WHERE t.symbol = s.symbol AND timestamp < ? AND ${ON_MINUTE_SQL}
       ORDER BY timestamp DESC LIMIT 1) r`,
    [toArrayLiteral(symbols), new Date(before)],
  );
  return new Map(rows.map(({ symbol, timestamp }) => [symbol, timestamp.getTime()]));
}

/** Of these symbols, those that have a row at a minute, with its completeness. */
export async function findAt(db: Knex, symbols: readonly string[], minute: Minute): Promise<Map<string, boolean>> {
  const { rows } = await db.raw<{ rows: { symbol: string; complete: boolean }[] }>(
    `SELECT s.symbol, t.iscomplete IS TRUE AS complete FROM unnest(?::text[]) AS s(symbol)
     JOIN ${CHART_TABLE} t ON t.symbol = s.symbol AND t.timestamp = ?`,
    [toArrayLiteral(symbols), new Date(minute)],
  );
  return new Map(rows.map(({ symbol, complete }) => [symbol, complete]));
}

/** Every symbol of the table, in order: one index look-up each, whatever the number of rows. */
export async function findSymbols(db: Knex): Promise<string[]> {
  const symbols: string[] = [];
  for await (const symbol of streamSymbols(db)) symbols.push(symbol);
  return symbols;
}

/** The symbols of the table from `from` on, in order, each when it is found. */
export async function* streamSymbols(db: Knex, from = ''): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const query = db(CHART_TABLE)
      .whereNotNull('symbol')
      .orderBy('symbol')
      .first<{ symbol: string } | undefined>('symbol');
    const found = await (after === undefined
      ? query.andWhere('symbol', '>=', from)
      : query.andWhere('symbol', '>', after));
    if (!found) return;
    after = found.symbol;
    yield after;
  }
}

/** Deletes rows by minute; answers how many were there. */
export async function removeRows(trx: Knex.Transaction, symbol: string, minutes: readonly Minute[]): Promise<number> {
  if (minutes.length === 0) return 0;
  const [from, last] = minutes.reduce(([a, b], m) => [Math.min(a, m), Math.max(b, m)], [Infinity, -Infinity]);
  const removed = await inRange(trx, symbol, { from, to: last + MINUTE_MS })
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toTimesLiteral(minutes)])
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
