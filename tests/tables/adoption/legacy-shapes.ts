import type { Store } from '../../../src/database/store.js';

/** The platform's own statements. */
export const PLATFORM_STATEMENTS = [
  `UPDATE rolling_chart_data SET hasMissingData = TRUE WHERE symbol = 'X' AND volume > (SELECT AVG(volume) + 3 * STDDEV(volume) FROM rolling_chart_data WHERE symbol = 'X')`,
  `CREATE UNIQUE INDEX IF NOT EXISTS idx_symbol_timestamp ON rolling_chart_data(symbol, timestamp)`,
  `ALTER TABLE rolling_chart_data ADD COLUMN IF NOT EXISTS isComplete BOOLEAN DEFAULT TRUE`,
];

/** A legacy table with the required columns, changed by a few definitions. */
export function legacyTable(columns: Partial<Record<string, string>> = {}): string {
  const all = {
    symbol: 'varchar(20)',
    timestamp: 'timestamptz',
    open: 'double precision',
    high: 'double precision',
    low: 'double precision',
    close: 'double precision',
    volume: 'double precision',
    ...columns,
  };
  const definitions = Object.entries(all).map(([name, type]) => `${name} ${type}`);
  return `CREATE TABLE rolling_chart_data (${definitions.join(', ')});`;
}

/** Five consecutive minutes of symbol X, volumes 1 to 5. */
export const FIVE_ROWS = `
  INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
  SELECT 'X', '2025-06-01 12:00:00+00'::timestamptz + n * interval '1 minute', 10, 12, 9, 11, n + 1
  FROM generate_series(0, 4) n;`;

/** Two symbols over a week, and 500 minutes twice. */
export const WEEK_WITH_DUPLICATES = `
  ${legacyTable({ rsi: 'double precision', macd: 'double precision' })}
  INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, rsi)
  SELECT symbol, '2025-05-20T00:00Z'::timestamptz + n * interval '1 minute', 10 + n % 7, 19, 9, 11 + n % 5, n, 50
  FROM generate_series(0, 9999) n, (VALUES ('BTCUSDT'), ('ETHUSDT')) AS s(symbol);
  INSERT INTO rolling_chart_data SELECT * FROM rolling_chart_data WHERE volume < 250;`;

/** Empties the database and runs SQL in it. */
export async function startWith(store: Store, sql = ''): Promise<void> {
  await store.knex.raw(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${sql}`.replaceAll('?', '\\?'));
}

export async function query<T = Record<string, unknown>>(store: Store, sql: string): Promise<T[]> {
  const { rows } = await store.knex.raw<{ rows: T[] }>(sql.replaceAll('?', '\\?'));
  return rows;
}

/** Everything that a migration could change: relations, columns, indexes, constraints, views, rows. */
export async function takeSnapshot(store: Store): Promise<string> {
  const parts = await query(
    store,
    `SELECT c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid) AS default_value, pg_get_viewdef(c.oid) AS view,
            CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid) END AS index
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum`,
  );
  const tables = await query<{ name: string }>(
    store,
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
  );
  const rows = [];
  for (const { name } of tables)
    rows.push(name, await query(store, `SELECT to_jsonb(t)::text AS row FROM ${name} t ORDER BY 1`));
  return JSON.stringify([parts, rows], null, 1);
}
