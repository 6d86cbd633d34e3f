import type { Knex } from 'knex';
import type { MinuteRange } from '../core/range.js';
import { CHART_TABLE, ON_MINUTE_SQL } from './chart-columns.js';

const TRAININGS_TABLE = 'chartctl_trainings';

/** What a model was trained on, or what was exported for it. */
export interface Training {
  jobId: number;
  kind: 'mark' | 'export';
  symbol: string;
  range: MinuteRange;
  rows: number;
  /** The greatest `written_at` among the rows. */
  writtenUntil: Date | null;
  file?: { path: string; sha256: string } | undefined;
}

/** Remembers a training; the database stamps it. */
export async function saveTraining(db: Knex, training: Training): Promise<void> {
  const { jobId, kind, symbol, range, rows, writtenUntil, file } = training;
  await db.raw(
    `INSERT INTO ${TRAININGS_TABLE} (job_id, kind, symbol, trained_at, from_time, to_time, rows, written_until, file, sha256)
     VALUES (?, ?, ?, clock_timestamp(), ?, ?, ?, ?, ?, ?)`,
    [
      jobId,
      kind,
      symbol,
      new Date(range.from),
      new Date(range.to),
      rows,
      writtenUntil,
      file?.path ?? null,
      file?.sha256 ?? null,
    ],
  );
}

/** The newest training mark of a symbol; null when it was never marked. */
export async function findLastMark(
  db: Knex,
  symbol: string,
): Promise<{ trainedAt: Date; writtenUntil: Date | null } | null> {
  const found = await db(TRAININGS_TABLE)
    .where({ symbol, kind: 'mark' })
    .orderBy('trained_at', 'desc')
    .first<{ trained_at: Date; written_until: Date | null } | undefined>('trained_at', 'written_until');
  return found ? { trainedAt: found.trained_at, writtenUntil: found.written_until } : null;
}

/** The last rows of a symbol as check-retrain looks at them. */
export interface WindowCount {
  rows: number;
  /** Written by backfill later than `since`. */
  replaced: number;
  first: Date | null;
  last: Date | null;
  writtenUntil: Date | null;
}

/** Counts, among the symbol's last `window` rows, those that backfill wrote after `since` (null: ever). */
export async function countReplaced(
  db: Knex,
  symbol: string,
  window: number,
  since: Date | null,
): Promise<WindowCount> {
  const { rows } = await db.raw<{
    rows: { rows: string; replaced: string; first: Date | null; last: Date | null; written_until: Date | null }[];
  }>(
    `SELECT count(*) AS rows,
       count(*) FILTER (WHERE source = 'BINANCE_BACKFILL' AND written_at > coalesce(?::timestamptz, '-infinity')) AS replaced,
       min(timestamp) AS first, max(timestamp) AS last, max(written_at) AS written_until
     FROM (SELECT timestamp, source, written_at FROM ${CHART_TABLE} WHERE symbol = ? AND ${ON_MINUTE_SQL} ORDER BY timestamp DESC LIMIT ?) w`,
    [since, symbol, window],
  );
  const counted = rows[0]!;
  return {
    rows: Number(counted.rows),
    replaced: Number(counted.replaced),
    first: counted.first,
    last: counted.last,
    writtenUntil: counted.written_until,
  };
}
