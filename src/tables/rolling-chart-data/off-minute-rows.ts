import type { Knex } from 'knex';
import { floorMinute, type Minute } from '../../core/minute.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './columns.js';

/** A row of a minute that holds a misplaced one; the minute may hold several. */
export interface DuplicateRow {
  minute: Minute;
  /** The timestamp as the database prints it, for it may be finer than a millisecond. */
  time: string;
  isOnMinute: boolean;
  /** Seconds behind the minute's beginning. */
  secondsOff: number;
  isSound: boolean;
  writtenAt: Date | null;
}

/**
 * All rows of the minutes in which a row does not stand on the whole minute, ordered by timestamp.
 *
 * In two steps, for one statement with a subquery can be planned as a loop over all pairs of rows.
 */
export async function findDuplicateRows(trx: Knex.Transaction, symbol: string): Promise<DuplicateRow[]> {
  const { rows: misplaced } = await trx.raw<{ rows: { minute: Date }[] }>(
    `SELECT DISTINCT date_trunc('minute', timestamp) AS minute FROM ${CHART_TABLE} WHERE symbol = ? AND NOT ${ON_MINUTE_SQL}`,
    [symbol],
  );
  if (misplaced.length === 0) return [];
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
    [symbol, toArrayLiteral(misplaced.map(({ minute }) => minute))],
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
export async function removeRowsByTimestamp(
  trx: Knex.Transaction,
  symbol: string,
  times: readonly string[],
): Promise<void> {
  await trx.raw(`DELETE FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp = ANY(?::timestamptz[])`, [
    symbol,
    toArrayLiteral([...times]),
  ]);
}

/** Moves rows to their whole minutes, which must be free. */
export async function moveRowsToMinutes(
  trx: Knex.Transaction,
  symbol: string,
  rows: readonly { time: string; minute: Minute }[],
): Promise<void> {
  await trx.raw(
    `UPDATE ${CHART_TABLE} r SET timestamp = v.minute FROM unnest(?::timestamptz[], ?::timestamptz[]) AS v(time, minute)
     WHERE r.symbol = ? AND r.timestamp = v.time`,
    [toArrayLiteral(rows.map(({ time }) => time)), toArrayLiteral(rows.map(({ minute }) => new Date(minute))), symbol],
  );
}
