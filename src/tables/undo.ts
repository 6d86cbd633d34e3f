import { floorMinute, type Minute } from '../core/minute.js';
import type { Db, Transaction } from '../database/store.js';
import { CHART_TABLE } from './rolling-chart-data/columns.js';

/**
 * For each timestamp that a job changed, the row before the job: that of the job's first entry in the audit log.
 *
 * `before` is null where the job inserted the row. Parameters: symbol, job, symbol, job.
 */
const STATES_BEFORE = `
  SELECT DISTINCT ON (timestamp) timestamp, before, flags_before, at FROM (
    SELECT timestamp, before, flags_before, changed_at AS at, sequence FROM chartctl_changes
    WHERE symbol = ? AND job_id = ?
    UNION ALL
    SELECT minute, NULL, NULL, inserted_at, 0 FROM chartctl_inserts,
      LATERAL generate_series(from_time, to_time - interval '1 minute', interval '1 minute') AS minute
    WHERE symbol = ? AND job_id = ?) touched
  ORDER BY timestamp, at, sequence`;

/** The rows of one symbol that an undo restored. */
interface RestoredRows {
  /** All restored minutes, in order. */
  minutes: Minute[];
  /** Minutes whose restored row was written by the platform: its indicators are restored with it. */
  legacy: Minute[];
  /** Minutes whose candle differs now, or was added or removed: later indicators depend on them. */
  moved: Minute[];
}

/** The symbols whose rows a job changed, in order. */
export async function findChangedSymbols(db: Db, jobId: number): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { symbol: string }[] }>(
    `SELECT symbol FROM chartctl_changes WHERE job_id = ? UNION SELECT symbol FROM chartctl_inserts WHERE job_id = ?
     ORDER BY symbol`,
    [jobId, jobId],
  );
  return rows.map((row) => row.symbol);
}

/** The jobs that changed the same rows of a symbol after a job did, in order. */
export async function findLaterJobs(db: Db, symbol: string, jobId: number): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { job_id: string }[] }>(
    `WITH mine AS MATERIALIZED (${STATES_BEFORE})
     SELECT c.job_id FROM chartctl_changes c JOIN mine USING (timestamp)
       WHERE c.symbol = ? AND c.job_id <> ? AND c.changed_at > mine.at
     UNION SELECT i.job_id FROM (
         SELECT job_id, inserted_at, generate_series(from_time, to_time - interval '1 minute', interval '1 minute') AS timestamp
         FROM chartctl_inserts WHERE symbol = ? AND job_id <> ?) i
       JOIN mine USING (timestamp) WHERE i.inserted_at > mine.at
     ORDER BY job_id`,
    [symbol, jobId, symbol, jobId, symbol, jobId, symbol, jobId],
  );
  return rows.map((row) => Number(row.job_id));
}

/**
 * Restores the rows and flags that a job changed, and records this in the audit log as changes of the job `jobId`.
 *
 * Indicators are restored as they were stored: rebuild the rows around them afterwards.
 */
export async function restoreRows(
  trx: Transaction,
  symbol: string,
  undoneJob: number,
  jobId: number,
): Promise<RestoredRows> {
  await trx.raw(
    `CREATE TEMPORARY TABLE chartctl_undo ON COMMIT DROP AS
     SELECT s.*, r.symbol IS NOT NULL AS is_there,
       (ARRAY[r.open, r.high, r.low, r.close, r.volume] = ARRAY[(before->>'open')::float8, (before->>'high')::float8,
         (before->>'low')::float8, (before->>'close')::float8, (before->>'volume')::float8]
         AND r.symbol IS NOT NULL AND before IS NOT NULL) IS NOT TRUE AS is_moved FROM (${STATES_BEFORE}) s
     LEFT JOIN ${CHART_TABLE} r ON r.symbol = ? AND r.timestamp = s.timestamp`,
    [symbol, undoneJob, symbol, undoneJob, symbol],
  );
  await trx.raw('ANALYZE chartctl_undo'); // without statistics the joins below may be planned as loops
  const { rows } = await trx.raw<{ rows: { timestamp: Date; is_legacy: boolean; is_moved: boolean }[] }>(
    `SELECT timestamp, is_moved, coalesce(before->>'written_at' IS NULL AND before->>'iscomplete' = 'false', false) AS is_legacy
     FROM chartctl_undo ORDER BY timestamp`,
  );
  if (rows.length > 0) {
    const bounds = [rows[0]!.timestamp, new Date(rows.at(-1)!.timestamp.getTime() + 1)];
    await recordCurrentRows(trx, symbol, jobId, `undo of job ${undoneJob}`);
    await replaceRows(trx, symbol, bounds);
    await replaceFlags(trx, symbol, bounds, undoneJob);
  }
  await trx.raw('DROP TABLE chartctl_undo');
  const minutes = [...new Set(rows.map((row) => floorMinute(row.timestamp.getTime())))];
  const legacy = rows.filter((row) => row.is_legacy).map((row) => floorMinute(row.timestamp.getTime()));
  const moved = rows.filter((row) => row.is_moved).map((row) => floorMinute(row.timestamp.getTime()));
  return { minutes, legacy, moved };
}

/** Records the rows that the undo replaces, so that the undo can be undone. */
async function recordCurrentRows(trx: Transaction, symbol: string, jobId: number, reason: string): Promise<void> {
  await trx.raw(
    `INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, flags_before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp),
       CASE WHEN u.before IS NULL THEN 'delete' ELSE 'replace' END, ?, to_jsonb(r),
       (SELECT jsonb_agg(to_jsonb(f)) FROM chartctl_flags f WHERE f.symbol = ? AND f.timestamp = r.timestamp), clock_timestamp()
     FROM ${CHART_TABLE} r JOIN chartctl_undo u USING (timestamp) WHERE r.symbol = ?`,
    [jobId, reason, symbol, symbol],
  );
  await trx.raw(
    `INSERT INTO chartctl_inserts (symbol, from_time, to_time, job_id, inserted_at)
     SELECT ?, timestamp, timestamp + interval '1 minute', ?::bigint, clock_timestamp()
     FROM chartctl_undo WHERE NOT is_there AND before IS NOT NULL`,
    [symbol, jobId],
  );
}

async function replaceRows(trx: Transaction, symbol: string, bounds: Date[]): Promise<void> {
  await trx.raw(
    `DELETE FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp <= ?
       AND timestamp IN (SELECT timestamp FROM chartctl_undo)`,
    [symbol, ...bounds],
  );
  const { rows } = await trx.raw<{ rows: { columns: string; restored: string }[] }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns,
       string_agg('r.' || quote_ident(attname), ', ' ORDER BY attnum) AS restored
     FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [CHART_TABLE],
  );
  const { columns, restored } = rows[0]!;
  await trx.raw(
    `INSERT INTO ${CHART_TABLE} (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${restored} FROM chartctl_undo u, jsonb_populate_record(NULL::${CHART_TABLE}, u.before) r WHERE u.before IS NOT NULL`,
  );
}

async function replaceFlags(trx: Transaction, symbol: string, bounds: Date[], undoneJob: number): Promise<void> {
  await trx.raw(
    `DELETE FROM chartctl_flags WHERE symbol = ? AND timestamp >= ? AND timestamp <= ?
       AND (timestamp IN (SELECT timestamp FROM chartctl_undo WHERE before IS NOT NULL)
         OR (job_id = ? AND timestamp IN (SELECT timestamp FROM chartctl_undo)))`,
    [symbol, ...bounds, undoneJob],
  );
  await trx.raw(
    `INSERT INTO chartctl_flags SELECT f.* FROM chartctl_undo u, jsonb_populate_recordset(NULL::chartctl_flags, u.flags_before) f`,
  );
}

/** An undo. What it undid stays undone, whatever its outcome. */
export interface StoredUndo {
  id: number;
  /** The ID of the job that it undoes. */
  undoes: number;
  /** It undid the job for all symbols. */
  isWhole: boolean;
  /** If it is not whole: the symbols for which it undid the job. */
  symbols: readonly string[];
}

/** Every undo that changed rows or succeeded without changes. */
export async function findUndos(db: Db): Promise<StoredUndo[]> {
  const { rows } = await db.raw<{ rows: { id: string; undoes: string; whole: boolean; touched: string[] }[] }>(
    `SELECT * FROM (
       SELECT id, arguments->>'undoes' AS undoes, exit_code IS NOT DISTINCT FROM 0 AS whole,
         CASE WHEN exit_code = 0 THEN '{}' ELSE ARRAY(
           SELECT symbol FROM chartctl_changes WHERE job_id = id
           UNION SELECT symbol FROM chartctl_inserts WHERE job_id = id) END AS touched
       FROM chartctl_jobs WHERE command = 'undo') u
     WHERE whole OR touched <> '{}' ORDER BY id`,
  );
  return rows.map(({ id, undoes, whole, touched }) => {
    return { id: Number(id), undoes: Number(undoes), isWhole: whole, symbols: touched };
  });
}
