import type { Knex } from 'knex';

/** The valid rows: complete, not flagged, sound. NULL, NaN and infinity fail the comparisons. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE VIEW training_chart_data AS
    SELECT symbol, timestamp, open, high, low, close, volume,
           rsi, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, stoch_k, stoch_d,
           volatility_1m, volatility_5m, volatility_15m, volatility_60m, source
    FROM rolling_chart_data
    WHERE isComplete AND NOT hasMissingData
      AND low > 0 AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'
      AND volume >= 0 AND volume < 'Infinity';
    COMMENT ON VIEW training_chart_data IS
      'The rows a model may be trained on: complete, not flagged, sound. Order by symbol and timestamp.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP VIEW IF EXISTS training_chart_data`);
}
