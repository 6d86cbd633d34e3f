import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE, ON_MINUTE_SQL } from './columns.js';

/** The last rows of a symbol, as `check-retrain` evaluates them. */
export interface WindowCount {
  rows: number;
  /** Rows that backfill wrote since the last training. */
  replaced: number;
  /** Rows that came from a fallback exchange since the last training. */
  fallback: number;
  first: Date | null;
  last: Date | null;
  writtenUntil: Date | null;
}

/** Which rows are counted. */
interface WindowQuery {
  /** The number of newest rows. */
  window: number;
  /** Rows from this minute on are not counted: they are later than the exchange's clock. */
  closedUntil: Minute;
}

/** A symbol, and when its rows count as written since the last training; null: at any time. */
export interface SinceTraining {
  symbol: string;
  since: Date | null;
}

/** The rows that one statement reads at most, of all its symbols together, without what `SLACK` adds. */
const MAX_ROWS = 1_000_000;

/** The part of the window that may be missing; a symbol with a larger one is counted alone. */
const SLACK = 0.1;

/**
 * Counts the last `window` rows of each symbol before `closedUntil`, and those of them that were written after `since`.
 *
 * Symbols with so many rows in the last minutes are counted together, any other one by a statement of its own.
 * `since` has whole milliseconds, as all times that chartctl writes. A row that other SQL wrote within the same
 * millisecond does not count as later.
 */
export async function countWindows(
  db: Db,
  symbols: readonly SinceTraining[],
  query: WindowQuery,
): Promise<Map<string, WindowCount>> {
  const found = new Map<string, WindowCount>();
  const size = Math.max(1, Math.floor(MAX_ROWS / query.window));
  for (let i = 0; i < symbols.length; i += size) {
    for (const [symbol, count] of await countTogether(db, symbols.slice(i, i + size), query)) found.set(symbol, count);
  }
  for (const each of symbols) {
    if (found.get(each.symbol)?.rows !== query.window) found.set(each.symbol, await countAlone(db, each, query));
  }
  return found;
}

type CountRecord = Omit<WindowCount, 'rows' | 'replaced' | 'fallback'> &
  Record<'rows' | 'replaced' | 'fallback', string>;

const COUNTS_SQL = `count(*) AS rows,
       count(*) FILTER (WHERE source = 'BINANCE_BACKFILL' AND written_at >= since) AS replaced,
       count(*) FILTER (WHERE source = 'FALLBACK' AND written_at >= since) AS fallback,
       min(timestamp) AS first, max(timestamp) AS last, max(written_at) AS "writtenUntil"`;

async function countTogether(
  db: Db,
  symbols: readonly SinceTraining[],
  { window, closedUntil }: WindowQuery,
): Promise<Map<string, WindowCount>> {
  const names = toArrayLiteral(symbols.map(({ symbol }) => symbol));
  const from = closedUntil - Math.ceil(window * (1 + SLACK)) * MINUTE_MS;
  const { rows } = await db.raw<{ rows: (CountRecord & { symbol: string })[] }>(
    `SELECT symbol, ${COUNTS_SQL}
     FROM (SELECT r.symbol, timestamp, source, written_at, since,
         row_number() OVER (PARTITION BY r.symbol ORDER BY timestamp DESC) AS place
       FROM ${CHART_TABLE} r JOIN unnest(?::text[], ?::timestamptz[]) AS s(symbol, since) ON s.symbol = r.symbol
       WHERE r.symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) w
     WHERE place <= ? GROUP BY symbol`,
    [names, toArrayLiteral(symbols.map(toSince)), names, new Date(from), new Date(closedUntil), window],
  );
  return new Map(rows.map(({ symbol, ...counted }) => [symbol, toCount(counted)]));
}

async function countAlone(db: Db, each: SinceTraining, { window, closedUntil }: WindowQuery): Promise<WindowCount> {
  const { rows } = await db.raw<{ rows: CountRecord[] }>(
    `SELECT ${COUNTS_SQL}
     FROM (SELECT timestamp, source, written_at, ?::timestamptz AS since FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp < ? AND ${ON_MINUTE_SQL} ORDER BY timestamp DESC LIMIT ?) w`,
    [toSince(each), each.symbol, new Date(closedUntil), window],
  );
  return toCount(rows[0]!);
}

/** The first time that counts as later. */
function toSince({ since }: SinceTraining): Date | string {
  return since ? new Date(since.getTime() + 1) : '-infinity';
}

function toCount({ rows, replaced, fallback, ...times }: CountRecord): WindowCount {
  return { rows: Number(rows), replaced: Number(replaced), fallback: Number(fallback), ...times };
}
