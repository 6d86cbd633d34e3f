import { Failure } from '../../core/failure.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
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

/** The newest stored minute of each symbol before `before`; symbols without rows are left out. */
export async function findNewestMinutes(
  db: Db,
  symbols: readonly string[],
  before: Minute,
): Promise<Map<string, Minute>> {
  const ends = await findStoredEnds(db, symbols, { from: before - RECENT_MINUTES * MINUTE_MS, to: before });
  return new Map([...ends].map(([symbol, { newest }]) => [symbol, newest]));
}

/** The minutes in which the newest rows of most symbols are. */
const RECENT_MINUTES = 10;

/**
 * Where the rows of each symbol before `to` end; symbols without rows are left out. Only rows from `from` on are checked.
 *
 * The last minutes of all symbols are read by one statement, the whole range only for the symbols whose rows end
 * earlier, and a statement each is sent for those that have no row in the range.
 */
export async function findStoredEnds(
  db: Db,
  symbols: readonly string[],
  { from, to }: MinuteRange,
): Promise<Map<string, StoredEnd>> {
  const recent = Math.max(from, to - RECENT_MINUTES * MINUTE_MS);
  const ends = await findEndsIn(db, symbols, { from: recent, to });
  const open = symbols.filter((symbol) => (ends.get(symbol)?.checked ?? null) === null);
  if (recent > from && open.length > 0) {
    for (const [symbol, end] of await findEndsIn(db, open, { from, to })) ends.set(symbol, end);
  }
  for (const symbol of open.filter((symbol) => !ends.has(symbol))) {
    const newest = await findNewestMinute(db, symbol, from);
    if (newest !== null) ends.set(symbol, { newest, checked: null });
  }
  return ends;
}

async function findEndsIn(
  db: Db,
  symbols: readonly string[],
  { from, to }: MinuteRange,
): Promise<Map<string, StoredEnd>> {
  const { rows } = await db.raw<{ rows: { symbol: string; newest: Date; checked: Date | null }[] }>(
    `SELECT symbol::text AS symbol, max(timestamp) AS newest,
       max(timestamp) FILTER (WHERE written_at IS NOT NULL OR ${COMPLETE_SQL}) AS checked
     FROM ${CHART_TABLE} WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}
     GROUP BY symbol`,
    [toArrayLiteral(symbols), new Date(from), new Date(to)],
  );
  return new Map(
    rows.map(({ symbol, newest, checked }) => [
      symbol,
      { newest: newest.getTime(), checked: checked?.getTime() ?? null },
    ]),
  );
}
