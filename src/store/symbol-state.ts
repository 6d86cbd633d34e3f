import type { Knex } from 'knex';
import { CANDLE_FIELDS, type Candle, type Source } from '../core/candle.js';
import { HOUR_MS, type Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';
import { inRange } from './chart-rows.js';

/** Rows and valid rows of each part of a range in which there are rows, by the part's beginning: a multiple of its length. */
export async function countByPart(
  db: Knex,
  symbol: string,
  range: MinuteRange,
  partMs: number,
): Promise<Map<Minute, { rows: number; valid: number }>> {
  const { rows } = await db.raw<{ rows: { part: number; rows: string; valid: string }[] }>(
    `SELECT floor(extract(epoch FROM timestamp) / ${partMs / 1000})::float8 AS part, count(*) AS rows,
       count(*) FILTER (WHERE iscomplete AND hasmissingdata IS NOT TRUE AND ${SOUND_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} GROUP BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(
    rows.map(({ part, rows: count, valid }) => [part * partMs, { rows: Number(count), valid: Number(valid) }]),
  );
}

/** The last close and the volume of each hour of a range in which there are sound candles, by the hour's beginning. */
export async function sumByHour(
  db: Knex,
  symbol: string,
  range: MinuteRange,
): Promise<Map<Minute, { close: number; volume: number }>> {
  const { rows } = await db.raw<{ rows: { hour: number; close: number; volume: number }[] }>(
    `SELECT floor(extract(epoch FROM timestamp) / 3600)::float8 AS hour, sum(volume) AS volume,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close
     FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} AND ${SOUND_SQL} GROUP BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ hour, close, volume }) => [hour * HOUR_MS, { close, volume }]));
}

/** How many rows of a range came from where, valid or not. */
export async function countSources(
  db: Knex,
  symbol: string,
  range: MinuteRange,
): Promise<Partial<Record<Source, number>>> {
  const counted = await inRange(db, symbol, range)
    .groupBy('source')
    .orderBy('source')
    .select<{ source: Source; rows: string }[]>('source', db.raw('count(*) AS rows'));
  return Object.fromEntries(counted.map(({ source, rows }) => [source, Number(rows)]));
}

/** How many rows of a symbol are flagged, and by which rule; a row that two rules flagged counts under both. */
export async function countFlags(db: Knex, symbol: string): Promise<{ rows: number; byRule: Record<string, number> }> {
  const { rows } = await db.raw<{ rows: { rule: string; rows: string }[] }>(
    `SELECT coalesce(f.rule, 'external') AS rule, count(*) AS rows FROM ${CHART_TABLE} r
     LEFT JOIN chartctl_flags f ON f.symbol = ? AND f.timestamp = r.timestamp AND (f.state = 'open' OR f.kept)
     WHERE r.symbol = ? AND r.hasmissingdata GROUP BY 1 ORDER BY 1`,
    [symbol, symbol],
  );
  const flagged = await db(CHART_TABLE).where({ symbol, hasmissingdata: true }).count<{ count: string }[]>();
  return {
    rows: Number(flagged[0]!.count),
    byRule: Object.fromEntries(rows.map(({ rule, rows: count }) => [rule, Number(count)])),
  };
}

/** The sound rows of a range that a fallback exchange gave, in order. */
export async function findFallbackRows(db: Knex, symbol: string, range: MinuteRange): Promise<Candle[]> {
  const records = await inRange(db, symbol, range)
    .andWhere({ source: 'FALLBACK' })
    .andWhereRaw(SOUND_SQL)
    .orderBy('timestamp')
    .select<(Omit<Candle, 'openTime'> & { timestamp: Date })[]>('timestamp', ...CANDLE_FIELDS);
  return records.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}
