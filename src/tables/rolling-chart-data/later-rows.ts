import { floorMinute, type Minute } from '../../core/minute.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import type { Db, Transaction } from '../../database/store.js';
import { CHART_TABLE } from './columns.js';

/** The rows of a symbol that are later than a clock. */
export interface LaterRows {
  /** Their number. */
  rows: number;
  /** The minute of the first one. */
  first: Minute;
  /** The minute of the last one; of a time that a Date cannot hold, the greatest that it can. */
  last: Minute;
}

/** The rows from `from` on, on the minute or not; symbols without such rows are left out. */
export async function findLaterRows(db: Db, symbols: readonly string[], from: Minute): Promise<Map<string, LaterRows>> {
  const { rows } = await db.raw<{ rows: { symbol: string; rows: string; first: Date; last: Date }[] }>(
    `SELECT symbol, count(*) AS rows, min(timestamp) AS first, max(timestamp) AS last FROM ${CHART_TABLE}
     WHERE symbol = ANY(?::text[]) AND timestamp >= ? GROUP BY symbol`,
    [toArrayLiteral(symbols), new Date(from)],
  );
  return new Map(
    rows.map(({ symbol, rows: count, first, last }) => [
      symbol,
      { rows: Number(count), first: floorMinute(first.getTime()), last: floorMinute(last.getTime()) },
    ]),
  );
}

/** Each of a symbol's rows from `from` on: its minute, and its timestamp as the database prints it; in order. */
export async function findLaterTimes(
  trx: Transaction,
  symbol: string,
  from: Minute,
): Promise<{ minute: Minute; time: string }[]> {
  const { rows } = await trx.raw<{ rows: { timestamp: Date; time: string }[] }>(
    `SELECT timestamp, timestamp::text AS time FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? ORDER BY timestamp`,
    [symbol, new Date(from)],
  );
  return rows.map(({ timestamp, time }) => ({ minute: floorMinute(timestamp.getTime()), time }));
}
