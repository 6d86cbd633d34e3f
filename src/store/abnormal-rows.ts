import type { Knex } from 'knex';
import type { StoredCandle } from '../core/candle.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';

/** The unsound rows of a symbol, ordered by time. */
export function findUnsound(trx: Knex.Transaction, symbol: string): Promise<StoredCandle[]> {
  return findCandles(trx, symbol, `NOT ${SOUND_SQL}`, []);
}

/** The rows of a symbol with `volume > threshold`, ordered by time. */
export function findVolumesAbove(trx: Knex.Transaction, symbol: string, threshold: number): Promise<StoredCandle[]> {
  return findCandles(trx, symbol, `volume > ? AND volume < 'Infinity'`, [threshold]);
}

/** Mean and sample standard deviation over the volumes of all the symbol's rows that are a volume at all. */
export async function findVolumeStatistics(
  trx: Knex.Transaction,
  symbol: string,
): Promise<{ mean: number; stddev: number } | null> {
  const { rows } = await trx.raw<{ rows: { mean: number | null; stddev: number | null }[] }>(
    `SELECT avg(volume) AS mean, stddev(volume) AS stddev FROM ${CHART_TABLE}
     WHERE symbol = ? AND volume >= 0 AND volume < 1e140`,
    [symbol],
  );
  const { mean, stddev } = rows[0]!;
  return mean === null || stddev === null ? null : { mean, stddev };
}

async function findCandles(
  trx: Knex.Transaction,
  symbol: string,
  condition: string,
  bindings: readonly number[],
): Promise<StoredCandle[]> {
  const { rows } = await trx.raw<{ rows: (Omit<StoredCandle, 'openTime'> & { timestamp: Date })[] }>(
    `SELECT timestamp, open, high, low, close, volume FROM ${CHART_TABLE}
     WHERE symbol = ? AND ${ON_MINUTE_SQL} AND ${condition} ORDER BY timestamp`,
    [symbol, ...bindings],
  );
  return rows.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}
