import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from '../database/format/text-format.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Db, Store, Transaction } from '../database/store.js';
import { ONE_CONNECTION_A_WORKER } from '../database/symbol-locks.js';
import { inTransaction } from '../database/transaction.js';

const TRAININGS_TABLE = 'chartctl_trainings';

/** The job that recorded trainings of a model, or that exported files for one. */
interface TrainingJob {
  jobId: number;
  kind: 'mark' | 'export';
}

/** What one symbol had in a training or an export. */
export interface Training {
  symbol: string;
  range: MinuteRange;
  rows: number;
  /** The latest `written_at` among the rows. */
  writtenUntil: Date | null;
  file?: { path: string; sha256: string } | undefined;
  /** Of an export: the time of the newest entry of the audit log that it saw, as the database prints it. */
  auditedUntil?: string | undefined;
}

/** Records trainings of one job at the database's current time, all or none. */
export async function saveTrainings(store: Store, job: TrainingJob, trainings: readonly Training[]): Promise<void> {
  if (trainings.length === 0) return;
  await inTransaction(store, async (trx) => {
    await trx.raw(`SELECT ${ONE_CONNECTION_A_WORKER}`);
    await insertTrainings(trx, job, trainings);
  });
}

async function insertTrainings(
  trx: Transaction,
  { jobId, kind }: TrainingJob,
  trainings: readonly Training[],
): Promise<void> {
  const listOf = (pick: (training: Training) => unknown) => toArrayLiteral(trainings.map(pick));
  await trx.raw(
    `INSERT INTO ${TRAININGS_TABLE} (job_id, kind, trained_at, symbol, from_time, to_time, rows, written_until, file, sha256,
       audited_until)
     SELECT ?::bigint, ?::text, ?::timestamptz, v.*
     FROM unnest(?::text[], ?::timestamptz[], ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::text[], ?::text[],
       ?::timestamptz[]) AS v`,
    [
      jobId,
      kind,
      await readStatementTime(trx),
      listOf(({ symbol }) => symbol),
      listOf(({ range }) => new Date(range.from)),
      listOf(({ range }) => new Date(range.to)),
      listOf(({ rows }) => rows),
      listOf(({ writtenUntil }) => writtenUntil),
      listOf(({ file }) => file?.path),
      listOf(({ file }) => file?.sha256),
      listOf(({ auditedUntil }) => auditedUntil),
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

/** The last trainings and exports of a symbol, newest first; with `until` those before that time. */
export async function findTrainings(db: Db, symbol: string, limit: number, until?: Date): Promise<StoredTraining[]> {
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
     WHERE symbol = ? ${until ? 'AND trained_at <= ?' : ''} ORDER BY trained_at DESC, job_id DESC LIMIT ?`,
    [symbol, ...(until ? [until] : []), limit],
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

/** What one symbol had in a file of an export. */
export interface ExportedPart {
  symbol: string;
  from: Minute;
  to: Minute;
  rows: number;
  file: string;
  sha256: string;
}

/** The files of an export, by their ranges and symbols; empty when the job exported none. */
export async function findExportedParts(db: Db, jobId: number): Promise<ExportedPart[]> {
  const { rows } = await db.raw<{
    rows: (Omit<ExportedPart, 'from' | 'to' | 'rows'> & { from_time: Date; to_time: Date; rows: string })[];
  }>(
    `SELECT symbol, from_time, to_time, rows, file, sha256 FROM ${TRAININGS_TABLE}
     WHERE job_id = ? AND kind = 'export' AND file IS NOT NULL ORDER BY from_time, symbol`,
    [jobId],
  );
  return rows.map(({ from_time, to_time, rows: count, ...part }) => ({
    ...part,
    ...{ from: from_time.getTime(), to: to_time.getTime(), rows: Number(count) },
  }));
}
