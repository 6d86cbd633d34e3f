import type { Knex } from 'knex';
import type { DoubtfulRow } from '../core/doubtful-row.js';
import { MINUTE_MS } from '../core/minute.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';
import { CANDLE_SQL } from './flags.js';

/** The stretches of a range without a row, found by the database: one index scan, few rows back. */
export async function findMissing(db: Knex, symbol: string, range: MinuteRange): Promise<MinuteRange[]> {
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

/** The rows of a range that are not valid; with `fallback` also the valid ones that a fallback exchange gave. */
export async function findDoubtful(
  db: Knex,
  symbol: string,
  range: MinuteRange,
  options: { fallback: boolean },
): Promise<DoubtfulRow[]> {
  const { rows } = await db.raw<{
    rows: {
      timestamp: Date;
      sound: boolean;
      complete: boolean;
      flagged: boolean;
      kept: boolean;
      fallback: boolean;
      ours: boolean;
    }[];
  }>(
    `SELECT r.timestamp, sound, iscomplete IS TRUE AS complete, hasmissingdata IS TRUE AS flagged,
       source = 'FALLBACK' AS fallback, written_at IS NOT NULL AS ours, EXISTS (
         SELECT 1 FROM chartctl_flags f WHERE f.symbol = ? AND f.timestamp = r.timestamp AND f.kept AND f.candle = ${CANDLE_SQL}) AS kept
     FROM (SELECT *, ${SOUND_SQL} AS sound FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) r
     WHERE iscomplete IS NOT TRUE OR hasmissingdata IS TRUE OR NOT sound OR (? AND source = 'FALLBACK')
     ORDER BY r.timestamp`,
    [symbol, symbol, new Date(range.from), new Date(range.to), options.fallback],
  );
  return rows.map((row) => ({
    openTime: row.timestamp.getTime(),
    isSound: row.sound,
    isComplete: row.complete,
    isFlagged: row.flagged,
    isKeptFlagged: row.flagged && row.kept,
    isFallback: row.fallback,
    isOurs: row.ours,
  }));
}

/** How the rows of a range stand. */
export interface RowCounts {
  rows: number;
  complete: number;
  valid: number;
}

/** How many rows of a range are there, and how many are valid. */
export async function countRows(db: Knex, symbol: string, range: MinuteRange): Promise<RowCounts> {
  const { rows } = await db.raw<{ rows: Record<keyof RowCounts, string>[] }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE iscomplete) AS complete,
       count(*) FILTER (WHERE iscomplete AND hasmissingdata IS NOT TRUE AND ${SOUND_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  const { rows: count, complete, valid } = rows[0]!;
  return { rows: Number(count), complete: Number(complete), valid: Number(valid) };
}

/** A range as it stands: its rows counted, and the minutes without one. */
export interface Survey extends RowCounts {
  missing: MinuteRange[];
}

/** Counts the rows of a range in one scan, and looks for holes only where the count shows that there are some. */
export async function surveyRange(db: Knex, symbol: string, range: MinuteRange): Promise<Survey> {
  const counts = await countRows(db, symbol, range);
  const isWhole = counts.rows === countMinutes(range);
  return { ...counts, missing: isWhole ? [] : await findMissing(db, symbol, range) };
}
