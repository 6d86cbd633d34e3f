import type { Source } from '../../core/candle.js';
import { DAY_MS, type Minute } from '../../core/minute.js';
import { countMinutes, intersect, mergeRanges, type MinuteRange, sumMinutes } from '../../core/range.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOURCE_SQL, VALID_SQL } from './columns.js';
import { findMissing } from './coverage.js';

/** The rows of a symbol over all time. */
export interface Inventory {
  rows: number;
  /** Undefined when only the index was read, as `bySource`. */
  valid: number | undefined;
  bySource: Partial<Record<Source, number>> | undefined;
  /** Stretches of minutes without a row, between the first and the last one. */
  holes: number;
  /** The minutes of these stretches. */
  missingMinutes: number;
}

/** Ranges of days with missing minutes that are searched one by one; of more the whole range is searched at once. */
const MAX_SEARCHES = 20;

/**
 * Counts a symbol's rows in one scan, and searches for holes only on the days that are not whole.
 *
 * @param range from the first row to the last one, which it includes
 * @param isFast reads the index alone, and counts neither valid rows nor sources
 */
export async function takeInventory(db: Db, symbol: string, range: MinuteRange, isFast = false): Promise<Inventory> {
  const days = await (isFast ? countDays(db, symbol, range) : countDaysBySource(db, symbol, range));
  const rowsByDay = new Map<Minute, number>();
  const bySource: Partial<Record<Source, number>> = {};
  let valid = 0;
  for (const day of days) {
    rowsByDay.set(day.from, (rowsByDay.get(day.from) ?? 0) + day.rows);
    if (day.source) bySource[day.source] = (bySource[day.source] ?? 0) + day.rows;
    valid += day.valid ?? 0;
  }
  const incomplete = mergeRanges(findIncompleteDays(range, rowsByDay));
  const searched = incomplete.length > MAX_SEARCHES ? [range] : incomplete;
  const missing: MinuteRange[] = [];
  for (const part of searched) missing.push(...(await findMissing(db, symbol, part)));
  return {
    rows: days.reduce((sum, day) => sum + day.rows, 0),
    valid: isFast ? undefined : valid,
    bySource: isFast ? undefined : bySource,
    holes: missing.length,
    missingMinutes: sumMinutes(missing),
  };
}

/** The days of a range, cut to it, that have fewer rows than minutes. */
function findIncompleteDays(range: MinuteRange, rowsByDay: ReadonlyMap<Minute, number>): MinuteRange[] {
  const days: MinuteRange[] = [];
  for (let from = Math.floor(range.from / DAY_MS) * DAY_MS; from < range.to; from += DAY_MS) {
    const day = intersect({ from, to: from + DAY_MS }, range);
    if ((rowsByDay.get(from) ?? 0) < countMinutes(day)) days.push(day);
  }
  return days;
}

/** The rows of a day, of one source or of all. */
interface DayCount {
  from: Minute;
  rows: number;
  source?: Source;
  valid?: number;
}

const DAY_SQL = `floor(extract(epoch FROM timestamp) / ${DAY_MS / 1000})::bigint`;

async function countDays(db: Db, symbol: string, { from, to }: MinuteRange): Promise<DayCount[]> {
  const { rows } = await db.raw<{ rows: { day: string; rows: string }[] }>(
    `SELECT ${DAY_SQL} AS day, count(*) AS rows FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} GROUP BY 1`,
    [symbol, new Date(from), new Date(to)],
  );
  return rows.map(({ day, rows: count }) => ({ from: Number(day) * DAY_MS, rows: Number(count) }));
}

async function countDaysBySource(db: Db, symbol: string, { from, to }: MinuteRange): Promise<DayCount[]> {
  const { rows } = await db.raw<{ rows: { day: string; source: Source; rows: string; valid: string }[] }>(
    `SELECT ${DAY_SQL} AS day, ${SOURCE_SQL} AS source, count(*) AS rows, count(*) FILTER (WHERE ${VALID_SQL}) AS valid
     FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} GROUP BY 1, 2`,
    [symbol, new Date(from), new Date(to)],
  );
  return rows.map(({ day, source, rows: count, valid }) => ({
    from: Number(day) * DAY_MS,
    source,
    rows: Number(count),
    valid: Number(valid),
  }));
}
