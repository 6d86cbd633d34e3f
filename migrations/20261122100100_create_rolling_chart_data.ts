import type { Knex } from 'knex';

/** What each column means, and its unit. */
const COMMENTS = {
  symbol: 'trading pair as Binance names it, in capitals (BTCUSDT)',
  timestamp: 'open time of the minute, UTC, on the whole minute',
  open: 'first price of the minute, in units of the quote asset',
  high: 'highest price of the minute, in units of the quote asset',
  low: 'lowest price of the minute, in units of the quote asset',
  close: 'last price of the minute, in units of the quote asset',
  volume: 'amount traded in the minute, in units of the base asset',
  rsi: 'RSI(14) with the smoothing of Wilder, 0 to 100',
  macd: 'EMA12 - EMA26 of the close, in units of the quote asset',
  macd_signal: 'EMA9 of macd, in units of the quote asset',
  macd_histogram: 'macd - macd_signal, in units of the quote asset',
  bb_upper: 'bb_middle + 2 population standard deviations of 20 closes, in units of the quote asset',
  bb_middle: 'mean of 20 closes, in units of the quote asset',
  bb_lower: 'bb_middle - 2 population standard deviations of 20 closes, in units of the quote asset',
  stoch_k: 'raw %K over 14 candles, 0 to 100',
  stoch_d: 'mean of the last 3 stoch_k, 0 to 100',
  volatility_1m: 'root of the summed squared one-minute log returns over 1 minute, a plain ratio',
  volatility_5m: 'root of the summed squared one-minute log returns over 5 minutes, a plain ratio',
  volatility_15m: 'root of the summed squared one-minute log returns over 15 minutes, a plain ratio',
  volatility_60m: 'root of the summed squared one-minute log returns over 60 minutes, a plain ratio',
  source:
    'where the candle came from: BINANCE (in its own minute), BINANCE_BACKFILL (later), FALLBACK (another exchange)',
  hasMissingData: 'true: a rule found the row abnormal and nobody has vouched for its numbers',
  isComplete: 'true: the candle is sound and all 13 indicators are there, each from a run that is long enough',
  written_at: 'when the candle (not its indicators) was last written by chartctl; NULL for rows it did not write',
};

/**
 * The chart data, on a fresh database. A table of the platform's own has been given the same columns before
 * (`chartctl migrate` does that; run by another tool, this migration stops instead of guessing).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE IF NOT EXISTS rolling_chart_data (
      symbol text NOT NULL,
      timestamp timestamptz NOT NULL,
      open double precision,
      high double precision,
      low double precision,
      close double precision,
      volume double precision,
      rsi double precision,
      macd double precision,
      macd_signal double precision,
      macd_histogram double precision,
      bb_upper double precision,
      bb_middle double precision,
      bb_lower double precision,
      stoch_k double precision,
      stoch_d double precision,
      volatility_1m double precision,
      volatility_5m double precision,
      volatility_15m double precision,
      volatility_60m double precision,
      source text DEFAULT 'BINANCE',
      hasMissingData boolean DEFAULT false,
      isComplete boolean DEFAULT true,
      written_at timestamptz,
      CONSTRAINT chartctl_source_is_known CHECK (source IN ('BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'))
    )
  `);
  await refuseUnadopted(knex);
  await knex.raw(`CREATE UNIQUE INDEX IF NOT EXISTS idx_symbol_timestamp ON rolling_chart_data (symbol, timestamp)`);
  const comments = Object.entries(COMMENTS).map(
    ([column, comment]) => `COMMENT ON COLUMN rolling_chart_data.${column} IS '${comment}';`,
  );
  await knex.raw(comments.join('\n'));
}

/** Candles are never dropped: the table stays as it is, for the platform or for the next migration. */
export function down(): Promise<void> {
  return Promise.resolve();
}

async function refuseUnadopted(knex: Knex): Promise<void> {
  const adopted = await knex.raw<{ rows: unknown[] }>(`
    SELECT 1 FROM pg_constraint
    WHERE conrelid = to_regclass('rolling_chart_data') AND conname = 'chartctl_source_is_known'
  `);
  if (adopted.rows.length > 0) return;
  throw new Error('rolling_chart_data is there already: run "chartctl migrate", which checks and adopts it');
}
