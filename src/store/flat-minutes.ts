import type { Knex } from 'knex';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import { CHART_TABLE, ON_MINUTE_SQL } from './chart-columns.js';

/** How far back a halt is looked for. */
const LONGEST_HALT_MINUTES = 7 * 1440;

/** How many consecutive minutes up to `before` hold a flat candle without volume of the exchange's own. */
export async function countFlatBefore(db: Knex, symbol: string, before: Minute): Promise<number> {
  const end = new Date(before);
  const { rows } = await db.raw<{ rows: { since: Date }[] }>(
    `SELECT coalesce(max(next) FILTER (WHERE NOT flat OR next > timestamp + interval '1 minute'), min(timestamp), ?::timestamptz) AS since
     FROM (
       SELECT timestamp, coalesce(lead(timestamp) OVER (ORDER BY timestamp), ?::timestamptz) AS next,
         (volume = 0 AND open = high AND high = low AND low = close AND source <> 'FALLBACK') IS TRUE AS flat
       FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) t`,
    [end, end, symbol, new Date(before - LONGEST_HALT_MINUTES * MINUTE_MS), end],
  );
  return (before - rows[0]!.since.getTime()) / MINUTE_MS;
}
