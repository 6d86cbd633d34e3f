import { floorMinute, type Minute } from '../../core/minute.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import type { Transaction } from '../../database/store.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './columns.js';

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

/** Deletes rows by their exact timestamps. */
export async function removeRowsByTimestamp(trx: Transaction, symbol: string, times: readonly string[]): Promise<void> {
  await trx.raw(`DELETE FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp = ANY(?::timestamptz[])`, [
    symbol,
    toArrayLiteral([...times]),
  ]);
}

/** Sets the timestamps of rows to their whole minutes, at which there must be no row. */
export async function moveRowsToMinutes(
  trx: Transaction,
  symbol: string,
  rows: readonly { time: string; minute: Minute }[],
): Promise<void> {
  await trx.raw(
    `UPDATE ${CHART_TABLE} r SET timestamp = v.minute FROM unnest(?::timestamptz[], ?::timestamptz[]) AS v(time, minute)
     WHERE r.symbol = ? AND r.timestamp = v.time`,
    [toArrayLiteral(rows.map(({ time }) => time)), toArrayLiteral(rows.map(({ minute }) => new Date(minute))), symbol],
  );
}
