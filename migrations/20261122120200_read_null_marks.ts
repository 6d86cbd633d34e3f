import type { Knex } from 'knex';

/** What the platform's own statements leave NULL reads as the columns' defaults: not flagged, from Binance. */
export async function up(knex: Knex): Promise<void> {
  // a view's column keeps its type, and the platform may have its own for this one: varchar(20), say
  const { rows } = await knex.raw<{ rows: { type: string }[] }>(
    `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = 'rolling_chart_data'::regclass AND attname = 'source'`,
  );
  await knex.raw(viewOf('hasMissingData IS NOT TRUE', `coalesce(source, 'BINANCE'::${rows[0]!.type})`));
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(viewOf('NOT hasMissingData', 'source'));
}

function viewOf(notFlagged: string, source: string): string {
  return `
    CREATE OR REPLACE VIEW training_chart_data AS
    SELECT symbol, timestamp, open, high, low, close, volume,
           rsi, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, stoch_k, stoch_d,
           volatility_1m, volatility_5m, volatility_15m, volatility_60m, ${source} AS source
    FROM rolling_chart_data
    WHERE isComplete AND ${notFlagged}
      AND low > 0 AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'
      AND volume >= 0 AND volume < 'Infinity';`;
}
