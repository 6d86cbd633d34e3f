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

/** What is remembered of a symbol's last training. */
export interface TrainingMark {
  trainedAt: Date;
  writtenUntil: Date | null;
  /** The end of the minutes that it was about, itself not one of them. */
  to: Date | null;
}

/** The newest training mark of a symbol; null when it was never marked. */
export async function findLastMark(db: Knex, symbol: string): Promise<TrainingMark | null> {
  const found = await db(TRAININGS_TABLE)
    .where({ symbol, kind: 'mark' })
    .orderBy('trained_at', 'desc')
    .first<{ trained_at: Date; written_until: Date | null; to_time: Date | null } | undefined>(
      'trained_at',
      'written_until',
      'to_time',
    );
  return found ? { trainedAt: found.trained_at, writtenUntil: found.written_until, to: found.to_time } : null;
}

/** The last rows of a symbol as check-retrain looks at them. */
export interface WindowCount {
  rows: number;
  /** Written later than the last training, by backfill and from a fallback exchange. */
  replaced: number;
  fallback: number;
  first: Date | null;
  last: Date | null;
  writtenUntil: Date | null;
}

/**
 * Counts the symbol's last `window` rows, and which of them were written after `since` (null: ever) and by whom.
 *
 * A mark holds whole milliseconds, as all times that chartctl writes; a row that other SQL wrote within the same one is
 * not later.
 */
export async function countWindow(db: Knex, symbol: string, window: number, since: Date | null): Promise<WindowCount> {
  const isNew = `written_at >= coalesce(?::timestamptz + interval '1 millisecond', '-infinity')`;
  const { rows } = await db.raw<{
    rows: (Omit<WindowCount, 'rows' | 'replaced' | 'fallback'> & Record<'rows' | 'replaced' | 'fallback', string>)[];
  }>(
    `SELECT count(*) AS rows,
       count(*) FILTER (WHERE source = 'BINANCE_BACKFILL' AND ${isNew}) AS replaced,
       count(*) FILTER (WHERE source = 'FALLBACK' AND ${isNew}) AS fallback,
       min(timestamp) AS first, max(timestamp) AS last, max(written_at) AS "writtenUntil"
     FROM (SELECT timestamp, source, written_at FROM ${CHART_TABLE} WHERE symbol = ? AND ${ON_MINUTE_SQL} ORDER BY timestamp DESC LIMIT ?) w`,
    [since, since, symbol, window],
  );
  const counted = rows[0]!;
  return {
    ...counted,
    rows: Number(counted.rows),
    replaced: Number(counted.replaced),
    fallback: Number(counted.fallback),
  };
}
