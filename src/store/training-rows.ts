import type { Knex } from 'knex';
import type { Source } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { TrainingRow } from '../core/training-row.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';

/** The clean table that any loader may read. */
const TRAINING_VIEW = 'training_chart_data';
const BATCH_ROWS = 10_000;

type TrainingRecord = Omit<TrainingRow, 'timestamp'> & { timestamp: Date };

/** The valid rows of a symbol in a range, ordered by time, a batch at a time. */
export async function* streamTrainingRows(
  db: Knex,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<readonly TrainingRow[]> {
  const columns = ['symbol', 'timestamp', 'open', 'high', 'low', 'close', 'volume', ...INDICATOR_COLUMNS, 'source'];
  for (let from = range.from; from < range.to;) {
    const records = await db(TRAINING_VIEW)
      .where({ symbol })
      .andWhere('timestamp', '>=', new Date(from))
      .andWhere('timestamp', '<', new Date(range.to))
      .andWhereRaw(ON_MINUTE_SQL)
      .orderBy('timestamp')
      .limit(BATCH_ROWS)
      .select<TrainingRecord[]>(columns);
    if (records.length === 0) return;
    yield records.map((record) => ({ ...record, timestamp: record.timestamp.getTime() }));
    from = records.at(-1)!.timestamp.getTime() + MINUTE_MS;
  }
}

/** What the valid rows of a range are made of. */
export interface ValidCount {
  rows: number;
  bySource: Partial<Record<Source, number>>;
  writtenUntil: Date | null;
}

/** Counts the valid rows of a range by source. */
export async function countValid(db: Knex, symbol: string, range: MinuteRange): Promise<ValidCount> {
  const { rows } = await db.raw<{ rows: { source: Source; rows: string; written_until: Date | null }[] }>(
    `SELECT coalesce(source, 'BINANCE') AS source, count(*) AS rows, max(written_at) AS written_until FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND iscomplete AND hasmissingdata IS NOT TRUE
       AND ${SOUND_SQL} AND ${ON_MINUTE_SQL} GROUP BY 1 ORDER BY 1`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  const stamps = rows.flatMap((row) => (row.written_until ? [row.written_until.getTime()] : []));
  return {
    rows: rows.reduce((sum, row) => sum + Number(row.rows), 0),
    bySource: Object.fromEntries(rows.map((row) => [row.source, Number(row.rows)])),
    writtenUntil: stamps.length > 0 ? new Date(Math.max(...stamps)) : null,
  };
}

/** Runs `work` on one unchanging state of the database. */
export function inSnapshot<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}
