import type { Knex } from 'knex';

/** A row without its indicators is not valid, whatever its mark says: a plain INSERT gets isComplete = TRUE by default. */
export async function up(knex: Knex): Promise<void> {
  await replaceView(
    knex,
    `AND num_nulls(${INDICATORS}) = 0 AND greatest(${INDICATORS}) < 'Infinity' AND least(${INDICATORS}) > '-Infinity'`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await replaceView(knex, '');
}

const INDICATORS =
  'rsi, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, stoch_k, stoch_d, ' +
  'volatility_1m, volatility_5m, volatility_15m, volatility_60m';

async function replaceView(knex: Knex, hasIndicators: string): Promise<void> {
  // a view's column keeps its type, and the platform may have its own for this one: varchar(20), say
  const { rows } = await knex.raw<{ rows: { type: string }[] }>(
    `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = 'rolling_chart_data'::regclass AND attname = 'source'`,
  );
  await knex.raw(`
    CREATE OR REPLACE VIEW training_chart_data AS
    SELECT symbol, timestamp, open, high, low, close, volume, ${INDICATORS},
           coalesce(source, 'BINANCE'::${rows[0]!.type}) AS source
    FROM rolling_chart_data
    WHERE isComplete AND hasMissingData IS NOT TRUE
      AND low > 0 AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'
      AND volume >= 0 AND volume < 'Infinity' ${hasIndicators};`);
}
