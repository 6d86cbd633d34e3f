import { type Candle, CANDLE_FIELDS } from '../../core/candle.js';
import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { REFERENCE_CANDLES } from '../../quality/find-venue-problem.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL, SOURCE_SQL } from './columns.js';

/**
 * Candles of Binance's that another exchange can be compared with: the last ones of `before` and the first ones of `after`,
 * at most 99 of each. Flagged rows and candles without a trade are left out.
 */
export async function findReferenceCandles(
  trx: Transaction,
  symbol: string,
  { before, after }: { before: MinuteRange; after: MinuteRange },
): Promise<Candle[]> {
  const select = (order: 'ASC' | 'DESC') =>
    `(SELECT timestamp, ${CANDLE_FIELDS.join(', ')} FROM ${CHART_TABLE}
      WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} AND ${SOURCE_SQL} <> 'FALLBACK'
        AND hasmissingdata IS NOT TRUE AND ${SOUND_SQL} AND volume > 0 ORDER BY timestamp ${order} LIMIT ${REFERENCE_CANDLES})`;
  const { rows } = await trx.raw<{ rows: (Omit<Candle, 'openTime'> & { timestamp: Date })[] }>(
    `${select('DESC')} UNION ALL ${select('ASC')} ORDER BY timestamp`,
    [before, after].flatMap(({ from, to }) => [symbol, new Date(from), new Date(to)]),
  );
  return rows.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}
