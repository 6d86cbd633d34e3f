import type { Knex } from 'knex';
import type { Source } from '../core/candle.js';
import { createSeries, sliceSeries, type CandleSeries } from '../core/candle-series.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';
import { streamBatches } from './stream-batches.js';

const BATCH_ROWS = 10_000;

interface SeriesRecord {
  timestamp: Date;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  source: Source | null;
}

/** All sound rows of a symbol in columns, ordered by time; read in batches, so that only the columns stay in memory. */
export async function loadCandleSeries(trx: Knex.Transaction, symbol: string): Promise<CandleSeries> {
  const { rows } = await trx.raw<{ rows: { count: string }[] }>(
    `SELECT count(*) AS count FROM ${CHART_TABLE} WHERE symbol = ? AND ${ON_MINUTE_SQL} AND ${SOUND_SQL}`,
    [symbol],
  );
  const series = createSeries(Number(rows[0]!.count));
  let length = 0;
  const query = trx.raw(
    `SELECT timestamp, open, high, low, close, volume, source FROM ${CHART_TABLE}
     WHERE symbol = ? AND ${ON_MINUTE_SQL} AND ${SOUND_SQL} ORDER BY timestamp LIMIT ?`,
    [symbol, series.length], // rows that someone adds meanwhile without our lock have no room
  );
  for await (const batch of streamBatches<SeriesRecord>(trx, query, BATCH_ROWS)) {
    for (const record of batch) place(series, length++, record);
  }
  return sliceSeries(series, 0, length);
}

function place(series: CandleSeries, i: number, record: SeriesRecord): void {
  series.openTime[i] = record.timestamp.getTime();
  series.open[i] = record.open;
  series.high[i] = record.high;
  series.low[i] = record.low;
  series.close[i] = record.close;
  series.volume[i] = record.volume;
  series.isFallback[i] = record.source === 'FALLBACK' ? 1 : 0;
}
