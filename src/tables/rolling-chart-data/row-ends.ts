import { Failure } from '../../core/failure.js';
import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { toArrayLiteral, toTimestampText } from '../../database/format/text-format.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE, COMPLETE_SQL, ON_MINUTE_SQL, SOURCE_SQL } from './columns.js';

/** The oldest and the newest timestamp of a symbol, in `range` if given; null when there is no row. */
export async function findSpan(
  db: Db,
  symbol: string,
  range?: MinuteRange,
): Promise<{ first: Minute; last: Minute } | null> {
  const within = range ? 'AND timestamp >= ? AND timestamp < ?' : '';
  const { rows } = await db.raw<{ rows: { first: Date | null; last: Date | null }[] }>(
    `SELECT min(timestamp) AS first, max(timestamp) AS last FROM ${CHART_TABLE} WHERE symbol = ? ${within}`,
    [symbol, ...(range ? [new Date(range.from), new Date(range.to)] : [])],
  );
  const found = rows[0];
  if (!found?.first || !found.last) return null;
  return { first: found.first.getTime(), last: found.last.getTime() };
}

/** A row outside of these years is an error of its writer, such as seconds stored as milliseconds. */
const [FIRST_YEAR, END_YEAR] = [1900, 2300];

/**
 * `findSpan` for callers that process everything between the two timestamps chunk by chunk.
 *
 * @throws Failure (ODD_TIME) when a row lies outside of the years 1900 to 2299: a stray row centuries away would mean
 * millions of empty chunks
 */
export async function findPlausibleSpan(
  db: Db,
  symbol: string,
  range?: MinuteRange,
): Promise<{ first: Minute; last: Minute } | null> {
  const span = await findSpan(db, symbol, range);
  if (!span) return null;
  for (const time of [span.first, span.last].map((minute) => new Date(minute))) {
    const year = time.getUTCFullYear();
    if (year >= FIRST_YEAR && year < END_YEAR) continue;
    throw new Failure('failed', `${symbol} has a row at ${toTimestampText(time)}, expected a year from 1900 to 2299`, {
      hint: `choose a range without it, or delete it: DELETE FROM rolling_chart_data WHERE symbol = '${symbol}' AND (timestamp < '1900-01-01Z' OR timestamp >= '2300-01-01Z')`,
      code: 'ODD_TIME',
    });
  }
  return span;
}

/** The newest stored minute of a symbol before `before`; null when there is none. */
export function findNewestMinute(db: Db, symbol: string, before: Minute): Promise<Minute | null> {
  return findNewestWhere(db, symbol, before, ON_MINUTE_SQL);
}

/** As `findNewestMinute`, of the rows that are not from a fallback exchange. */
export function findNewestBinanceMinute(db: Db, symbol: string, before: Minute): Promise<Minute | null> {
  return findNewestWhere(db, symbol, before, `${ON_MINUTE_SQL} AND ${SOURCE_SQL} <> 'FALLBACK'`);
}

async function findNewestWhere(db: Db, symbol: string, before: Minute, condition: string): Promise<Minute | null> {
  const found = await db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '<', new Date(before))
    .andWhereRaw(condition)
    .orderBy('timestamp', 'desc')
    .first<{ timestamp: Date } | undefined>('timestamp');
  return found ? found.timestamp.getTime() : null;
}

/** The newest stored minute of each symbol before `before`; symbols without rows are left out. */
export async function findNewestMinutes(
  db: Db,
  symbols: readonly string[],
  before: Minute,
): Promise<Map<string, Minute>> {
  const { rows } = await db.raw<{ rows: { symbol: string; timestamp: Date }[] }>(
    `SELECT s.symbol, r.timestamp FROM unnest(?::text[]) AS s(symbol), LATERAL (
       SELECT timestamp FROM ${CHART_TABLE} t WHERE t.symbol = s.symbol AND timestamp < ? AND ${ON_MINUTE_SQL}
       ORDER BY timestamp DESC LIMIT 1) r`,
    [toArrayLiteral(symbols), new Date(before)],
  );
  return new Map(rows.map(({ symbol, timestamp }) => [symbol, timestamp.getTime()]));
}

/** Where a symbol's rows end. */
export interface StoredEnd {
  /** The newest stored minute. */
  newest: Minute;
  /**
   * The newest one whose row is complete or was written by chartctl; null if there is none in the range. The rows after it
   * were inserted by other SQL and are not complete.
   */
  checked: Minute | null;
}

/** Where the rows of each symbol before `to` end; symbols without rows are left out. Only rows from `from` on are checked. */
export async function findStoredEnds(
  db: Db,
  symbols: readonly string[],
  { from, to }: MinuteRange,
): Promise<Map<string, StoredEnd>> {
  const { rows } = await db.raw<{ rows: { symbol: string; newest: Date; checked: Date | null }[] }>(
    `SELECT s.symbol, r.timestamp AS newest, c.timestamp AS checked FROM unnest(?::text[]) AS s(symbol), LATERAL (
       SELECT timestamp FROM ${CHART_TABLE} t WHERE t.symbol = s.symbol AND timestamp < ? AND ${ON_MINUTE_SQL}
       ORDER BY timestamp DESC LIMIT 1) r LEFT JOIN LATERAL (
       SELECT timestamp FROM ${CHART_TABLE} t WHERE t.symbol = s.symbol AND timestamp >= ? AND timestamp < ?
         AND ${ON_MINUTE_SQL} AND (written_at IS NOT NULL OR ${COMPLETE_SQL})
       ORDER BY timestamp DESC LIMIT 1) c ON true`,
    [toArrayLiteral(symbols), new Date(to), new Date(from), new Date(to)],
  );
  return new Map(
    rows.map(({ symbol, newest, checked }) => [
      symbol,
      { newest: newest.getTime(), checked: checked?.getTime() ?? null },
    ]),
  );
}
