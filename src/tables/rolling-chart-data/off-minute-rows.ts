import { floorMinute, type Minute } from '../../core/minute.js';
import { quoteIdentifier, toArrayLiteral, toTimestampArrayLiteral } from '../../database/format/text-format.js';
import type { Transaction } from '../../database/store.js';
import { CHART_TABLE, findChartColumns, ON_MINUTE_SQL, SOUND_SQL } from './columns.js';

/** One of the rows of a minute that contains a row off the whole minute; the minute may contain several rows. */
export interface DuplicateRow {
  minute: Minute;
  /** The timestamp as the database prints it: it may be more precise than a millisecond. */
  time: string;
  isOnMinute: boolean;
  /** Seconds after the start of the minute. */
  secondsOff: number;
  isSound: boolean;
  writtenAt: Date | null;
}

/**
 * All rows of the minutes that contain a row off the whole minute, ordered by timestamp.
 *
 * Two statements, because one with a subquery can be planned as a nested loop over all pairs of rows.
 */
export async function findDuplicateRows(trx: Transaction, symbol: string): Promise<DuplicateRow[]> {
  const { rows: offMinute } = await trx.raw<{ rows: { minute: Date }[] }>(
    `SELECT DISTINCT date_trunc('minute', timestamp) AS minute FROM ${CHART_TABLE} WHERE symbol = ? AND NOT ${ON_MINUTE_SQL}`,
    [symbol],
  );
  if (offMinute.length === 0) return [];
  const { rows } = await trx.raw<{
    rows: {
      timestamp: Date;
      time: string;
      on_minute: boolean;
      seconds_off: number;
      sound: boolean;
      written_at: Date | null;
    }[];
  }>(
    `SELECT timestamp, timestamp::text AS time, ${ON_MINUTE_SQL} AS on_minute, ${SOUND_SQL} AS sound, written_at,
       extract(epoch FROM timestamp - date_trunc('minute', timestamp))::float8 AS seconds_off
     FROM ${CHART_TABLE} WHERE symbol = ? AND date_trunc('minute', timestamp) = ANY(?::timestamptz[])
     ORDER BY timestamp`,
    [symbol, toArrayLiteral(offMinute.map(({ minute }) => minute))],
  );
  return rows.map((row) => ({
    minute: floorMinute(row.timestamp.getTime()),
    time: row.time,
    isOnMinute: row.on_minute,
    secondsOff: row.seconds_off,
    isSound: row.sound,
    writtenAt: row.written_at,
  }));
}

/** Deletes rows by their exact timestamps, which are in order. */
export async function removeRowsByTimestamp(trx: Transaction, symbol: string, times: readonly string[]): Promise<void> {
  if (times.length === 0) return;
  await trx.raw(
    `DELETE FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[])`,
    [symbol, times[0]!, times.at(-1)!, toArrayLiteral([...times])],
  );
}

/**
 * Moves rows, given in the order of time, to their whole minutes, at which there must be no row: deletes them and inserts
 * them with all their columns, the platform's own included. An UPDATE would have to move a row to another chunk of a
 * hypertable.
 *
 * One statement, because a key of the platform's own would reject the new row beside the old one.
 */
export async function moveRowsToMinutes(
  trx: Transaction,
  symbol: string,
  rows: readonly { time: string; minute: Minute }[],
): Promise<void> {
  if (rows.length === 0) return;
  const times = rows.map(({ time }) => time);
  const columns = await findChartColumns(trx);
  await trx.raw(
    `WITH moved AS (
       DELETE FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[]) RETURNING *)
     INSERT INTO ${CHART_TABLE} (${columns.map(quoteIdentifier).join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${columns.map((name) => (name === 'timestamp' ? 'v.minute' : `m.${quoteIdentifier(name)}`)).join(', ')}
     FROM moved m JOIN unnest(?::timestamptz[], ?::timestamptz[]) AS v(time, minute) ON v.time = m.timestamp`,
    [
      symbol,
      times[0]!,
      times.at(-1)!,
      toArrayLiteral(times),
      toArrayLiteral(times),
      toTimestampArrayLiteral(rows.map(({ minute }) => minute)),
    ],
  );
}
