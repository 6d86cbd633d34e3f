import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from '../database/format/text-format.js';
import type { Db } from '../database/store.js';

const TRAININGS_TABLE = 'chartctl_trainings';

/** A training of a model, or an export for one. */
export interface Training {
  jobId: number;
  kind: 'mark' | 'export';
  symbol: string;
  range: MinuteRange;
  rows: number;
  /** The latest `written_at` among the rows. */
  writtenUntil: Date | null;
  file?: { path: string; sha256: string } | undefined;
  /** Of an export: the time of the newest entry of the audit log that it saw, as the database prints it. */
  auditedUntil?: string | undefined;
}

/** Records a training at the database's current time. */
export async function saveTraining(db: Db, training: Training): Promise<void> {
  const { jobId, kind, symbol, range, rows, writtenUntil, file, auditedUntil } = training;
  await db.raw(
    `INSERT INTO ${TRAININGS_TABLE} (job_id, kind, symbol, trained_at, from_time, to_time, rows, written_until, file, sha256,
       audited_until)
     VALUES (?, ?, ?, clock_timestamp(), ?, ?, ?, ?, ?, ?, ?)`,
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
      auditedUntil ?? null,
    ],
  );
}

export interface TrainingMark {
  trainedAt: Date;
  writtenUntil: Date | null;
  /** The exclusive end of its range. */
  to: Date | null;
}

/** The newest training mark of each symbol; symbols without one are left out. */
export async function findLastMarks(db: Db, symbols: readonly string[]): Promise<Map<string, TrainingMark>> {
  const { rows } = await db.raw<{
    rows: { symbol: string; trained_at: Date; written_until: Date | null; to_time: Date | null }[];
  }>(
    `SELECT DISTINCT ON (symbol) symbol, trained_at, written_until, to_time FROM ${TRAININGS_TABLE}
     WHERE symbol = ANY(?::text[]) AND kind = 'mark' ORDER BY symbol, trained_at DESC`,
    [toArrayLiteral(symbols)],
  );
  return new Map(
    rows.map(({ symbol, trained_at, written_until, to_time }) => [
      symbol,
      { trainedAt: trained_at, writtenUntil: written_until, to: to_time },
    ]),
  );
}

/** A recorded training mark or export. */
interface StoredTraining {
  jobId: number | null;
  kind: string;
  trainedAt: number;
  from: Minute | null;
  to: Minute | null;
  rows: number | null;
  file: string | null;
  sha256: string | null;
}

/** The last trainings and exports of a symbol, newest first. */
export async function findTrainings(db: Db, symbol: string, limit: number): Promise<StoredTraining[]> {
  const { rows } = await db.raw<{
    rows: (Pick<StoredTraining, 'kind' | 'file' | 'sha256'> & {
      job_id: string | null;
      trained_at: Date;
      from_time: Date | null;
      to_time: Date | null;
      rows: string | null;
    })[];
  }>(
    `SELECT job_id, kind, trained_at, from_time, to_time, rows, file, sha256 FROM ${TRAININGS_TABLE}
     WHERE symbol = ? ORDER BY trained_at DESC, job_id DESC LIMIT ?`,
    [symbol, limit],
  );
  return rows.map(({ job_id, trained_at, from_time, to_time, rows: count, kind, file, sha256 }) => ({
    jobId: job_id === null ? null : Number(job_id),
    kind,
    trainedAt: trained_at.getTime(),
    from: from_time?.getTime() ?? null,
    to: to_time?.getTime() ?? null,
    rows: count === null ? null : Number(count),
    file,
    sha256,
  }));
}
