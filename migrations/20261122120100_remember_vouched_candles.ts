import type { Knex } from 'knex';

/**
 * The numbers that a settled flag vouches for: `value` is the rule's own from now on.
 *
 * Until now it was the row's volume: settled flags whose row still has that volume vouch for its whole candle.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE chartctl_flags ADD COLUMN IF NOT EXISTS candle double precision[];
    COMMENT ON COLUMN chartctl_flags.candle IS
      'open, high, low, close, volume that were vouched for: while the row has them, rules leave it alone';
    COMMENT ON COLUMN chartctl_flags.value IS 'what the rule measured, in the unit of the threshold';
  `);
  const { rows } = await knex.raw<{ rows: { symbol: string }[] }>(
    `SELECT DISTINCT symbol FROM chartctl_flags WHERE state <> 'open' AND candle IS NULL`,
  );
  for (const { symbol } of rows) {
    await knex.raw(
      `UPDATE chartctl_flags f SET candle = ARRAY[r.open, r.high, r.low, r.close, r.volume] FROM rolling_chart_data r
       WHERE f.symbol = ? AND r.symbol = ? AND r.timestamp = f.timestamp AND f.state <> 'open' AND f.candle IS NULL
         AND f.value IS NOT DISTINCT FROM r.volume`,
      [symbol, symbol],
    );
  }
}

/** The column stays: what people and the exchange vouched for is not thrown away. */
export function down(): Promise<void> {
  return Promise.resolve();
}
