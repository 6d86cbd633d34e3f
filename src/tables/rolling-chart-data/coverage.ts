import type { Source } from '../../core/candle.js';
import { DAY_MS, HOUR_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import type { Db, Transaction } from '../../database/store.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { CANDLE_SQL, CHART_TABLE, COMPLETE_SQL, ON_MINUTE_SQL, SOUND_SQL, SOURCE_SQL, VALID_SQL } from './columns.js';

/** The parts of a range without rows. One index scan; only the rows beside gaps are returned. */
export async function findMissing(db: Db, symbol: string, range: MinuteRange): Promise<MinuteRange[]> {
  const { rows } = await db.raw<{ rows: { previous: Date | null; timestamp: Date; next: Date | null }[] }>(
    `SELECT previous, timestamp, next FROM (
       SELECT timestamp, lag(timestamp) OVER w AS previous, lead(timestamp) OVER w AS next FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} WINDOW w AS (ORDER BY timestamp)) t
     WHERE previous IS NULL OR next IS NULL OR next - timestamp > interval '1 minute' ORDER BY timestamp`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  if (rows.length === 0) return range.to > range.from ? [range] : [];
  const missing: MinuteRange[] = [];
  for (const { previous, timestamp, next } of rows) {
    if (previous === null && timestamp.getTime() > range.from)
      missing.push({ from: range.from, to: timestamp.getTime() });
    const end = next === null ? range.to : next.getTime();
    const from = timestamp.getTime() + MINUTE_MS;
    if (end > from) missing.push({ from, to: end });
  }
  return missing;
}

/** The rows of a range that are not valid; with `fallback` also the valid ones that came from a fallback exchange. */
export async function findInvalidRows(
  db: Db,
  symbol: string,
  range: MinuteRange,
  options: { fallback: boolean },
): Promise<InvalidRow[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to)];
  const { rows } = await db.raw<{
    rows: {
      timestamp: Date;
      sound: boolean;
      complete: boolean;
      flagged: boolean;
      kept: boolean;
      fallback: boolean;
      managed: boolean;
    }[];
  }>(
    `SELECT r.timestamp, sound, complete, hasmissingdata IS TRUE AS flagged,
       ${SOURCE_SQL} = 'FALLBACK' AS fallback, written_at IS NOT NULL AS managed, f.candle IS NOT NULL AS kept
     FROM (SELECT *, ${SOUND_SQL} AS sound, ${COMPLETE_SQL} AS complete FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) r
     LEFT JOIN (SELECT DISTINCT symbol, timestamp, candle FROM chartctl_flags
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND kept) f
       ON f.symbol = r.symbol AND f.timestamp = r.timestamp AND f.candle = ${CANDLE_SQL}
     WHERE NOT complete OR hasmissingdata IS TRUE OR NOT sound OR (? AND source = 'FALLBACK')
     ORDER BY r.timestamp`,
    [...bounds, ...bounds, options.fallback],
  );
  return rows.map((row) => ({
    openTime: row.timestamp.getTime(),
    isSound: row.sound,
    isComplete: row.complete,
    isFlagged: row.flagged,
    isKeptFlagged: row.flagged && row.kept,
    isFallback: row.fallback,
    isManaged: row.managed,
  }));
}

/** The numbers of rows in a range. */
interface RowCounts {
  rows: number;
  valid: number;
}

export async function countRows(db: Db, symbol: string, range: MinuteRange): Promise<RowCounts> {
  const { rows } = await db.raw<{ rows: [Record<'rows' | 'valid', string>] }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${VALID_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return { rows: Number(rows[0].rows), valid: Number(rows[0].valid) };
}

/** The number of rows of a range that are complete, valid or not. */
export async function countComplete(db: Db, symbol: string, range: MinuteRange): Promise<number> {
  const { rows } = await db.raw<{ rows: [{ complete: string }] }>(
    `SELECT count(*) AS complete
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} AND ${COMPLETE_SQL}`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return Number(rows[0].complete);
}

/** The numbers of rows in a range, and the parts without rows. */
export interface RangeSummary extends RowCounts {
  missing: MinuteRange[];
}

/** Counts the rows of a range in one scan, and searches for gaps only if the count shows that there are some. */
export async function summarizeRange(db: Db, symbol: string, range: MinuteRange): Promise<RangeSummary> {
  return addMissing(db, symbol, range, await countRows(db, symbol, range));
}

async function addMissing(db: Db, symbol: string, range: MinuteRange, counts: RowCounts): Promise<RangeSummary> {
  const isWhole = counts.rows === countMinutes(range);
  return { ...counts, missing: isWhole ? [] : await findMissing(db, symbol, range) };
}

/** Summarizes a range before `at` and from there on, with one scan for the counts of both; a group for each would take longer. */
export async function summarizeAround(
  db: Db,
  symbol: string,
  { from, to }: MinuteRange,
  at: Minute,
): Promise<{ before: RangeSummary; after: RangeSummary }> {
  const start = new Date(at);
  const { rows } = await db.raw<{ rows: [Record<'rows' | 'valid' | 'early' | 'early_valid', string>] }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${VALID_SQL}) AS valid,
       count(*) FILTER (WHERE timestamp < ?) AS early, count(*) FILTER (WHERE timestamp < ? AND ${VALID_SQL}) AS early_valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}`,
    [start, start, symbol, new Date(from), new Date(to)],
  );
  const counted = rows[0];
  const early = { rows: Number(counted.early), valid: Number(counted.early_valid) };
  const late = { rows: Number(counted.rows) - early.rows, valid: Number(counted.valid) - early.valid };
  return {
    before: await addMissing(db, symbol, { from, to: at }, early),
    after: await addMissing(db, symbol, { from: at, to }, late),
  };
}

/** Rows and valid rows for each part of a range that has rows, by the part's start: a multiple of `partMs`. */
export async function countByPart(
  db: Db,
  symbol: string,
  range: MinuteRange,
  partMs: number,
): Promise<Map<Minute, { rows: number; valid: number }>> {
  const { rows } = await db.raw<{ rows: { part: string; rows: string; valid: string }[] }>(
    `SELECT floor(extract(epoch FROM timestamp) / ${partMs / 1000})::bigint AS part, count(*) AS rows,
       count(*) FILTER (WHERE ${VALID_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} GROUP BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(
    rows.map(({ part, rows: count, valid }) => [Number(part) * partMs, { rows: Number(count), valid: Number(valid) }]),
  );
}

/**
 * The last close and the total volume for each hour of a range that has sound candles, by the hour's start. Volumes are
 * added in the order of time, so that the last digits do not depend on PostgreSQL's plan.
 */
export async function sumByHour(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
): Promise<Map<Minute, { close: number; volume: number }>> {
  const { rows } = await trx.raw<{ rows: { hour: string; close: number; volume: number }[] }>(
    `SELECT floor(extract(epoch FROM timestamp) / 3600)::bigint AS hour, sum(volume ORDER BY timestamp DESC) AS volume,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close
     FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} AND ${SOUND_SQL} GROUP BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ hour, close, volume }) => [Number(hour) * HOUR_MS, { close, volume }]));
}

/** The rows of a range, those of them that are valid, and all by source. */
export async function countBySource(
  db: Db,
  symbol: string,
  range: MinuteRange,
): Promise<{ rows: number; valid: number; bySource: Partial<Record<Source, number>> }> {
  const { rows } = await db.raw<{ rows: { source: Source; rows: string; valid: string }[] }>(
    `SELECT ${SOURCE_SQL} AS source, count(*) AS rows, count(*) FILTER (WHERE ${VALID_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}
     GROUP BY 1 ORDER BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  const counted = rows.map(({ source, rows: count, valid }) => ({ source, rows: Number(count), valid: Number(valid) }));
  return {
    rows: counted.reduce((sum, { rows: count }) => sum + count, 0),
    valid: counted.reduce((sum, { valid }) => sum + valid, 0),
    bySource: Object.fromEntries(counted.map(({ source, rows: count }) => [source, count])),
  };
}

/** How far back a trading halt is searched for. */
const MAX_HALT_MS = 7 * DAY_MS;

/** The number of consecutive minutes before `before` with a flat candle of Binance's without volume. */
export async function countFlatMinutes(db: Db, symbol: string, before: Minute): Promise<number> {
  const end = new Date(before);
  const { rows } = await db.raw<{ rows: { since: Date }[] }>(
    `SELECT coalesce(max(next) FILTER (WHERE NOT flat OR next > timestamp + interval '1 minute'), min(timestamp), ?::timestamptz) AS since
     FROM (
       SELECT timestamp, coalesce(lead(timestamp) OVER (ORDER BY timestamp), ?::timestamptz) AS next,
         (volume = 0 AND open = high AND high = low AND low = close AND source <> 'FALLBACK') IS TRUE AS flat
       FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) t`,
    [end, end, symbol, new Date(before - MAX_HALT_MS), end],
  );
  return (before - rows[0]!.since.getTime()) / MINUTE_MS;
}

/** The sizes in bytes of the table with its index and of the database, and an estimate of the number of rows. */
export async function readSizes(db: Db): Promise<{ table: number; database: number; rows: number }> {
  const { rows } = await db.raw<{ rows: { table: string; database: string; rows: string }[] }>(
    `SELECT coalesce(pg_total_relation_size(oid), 0) AS "table", pg_database_size(current_database()) AS database,
       greatest(0, reltuples)::bigint AS rows FROM pg_class WHERE oid = to_regclass('rolling_chart_data')`,
  );
  const found = rows[0];
  return { table: Number(found?.table ?? 0), database: Number(found?.database ?? 0), rows: Number(found?.rows ?? 0) };
}
