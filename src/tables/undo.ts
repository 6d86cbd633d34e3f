import { floorMinute, type Minute } from '../core/minute.js';
import { quoteIdentifier, toTimestampText } from '../database/format/text-format.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Db, Transaction } from '../database/store.js';
import { JOIN_FLAGS_SQL, insertedMinutesSql } from './changes.js';
import { CANDLE_SQL, CHART_TABLE, findChartColumns } from './rolling-chart-data/columns.js';
import { findSymbolsByJob } from './undos.js';

/**
 * For each timestamp that a job changed, the row before the job: that of the job's first entry in the audit log.
 *
 * `before` is null where the job inserted the row. Parameters: symbol, job, symbol, job.
 */
const STATES_BEFORE = `
  SELECT DISTINCT ON (timestamp) symbol, timestamp, before, flags_before, at FROM (
    SELECT symbol, timestamp, before, flags_before, changed_at AS at, sequence FROM chartctl_changes
    WHERE symbol = ? AND job_id = ?
    UNION ALL
    SELECT symbol, minute, NULL, NULL, inserted_at, 0 FROM (${insertedMinutesSql('symbol = ? AND job_id = ?')}) i) touched
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
  return (await findSymbolsByJob(db, [jobId])).get(jobId) ?? [];
}

/** The jobs that changed the same rows of a symbol after a job did, in order. */
export async function findLaterJobs(db: Db, symbol: string, jobId: number): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { job_id: string }[] }>(
    `WITH mine AS MATERIALIZED (${STATES_BEFORE})
     SELECT c.job_id FROM chartctl_changes c JOIN mine ON mine.symbol = c.symbol AND mine.timestamp = c.timestamp
       WHERE c.symbol = ? AND c.job_id <> ? AND c.changed_at > mine.at
     UNION SELECT i.job_id FROM (${insertedMinutesSql('symbol = ? AND job_id <> ?')}) i
       JOIN mine ON mine.symbol = i.symbol AND mine.timestamp = i.minute WHERE i.inserted_at > mine.at
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
  const touched = [symbol, undoneJob, symbol, undoneJob];
  await trx.raw(
    `CREATE TEMPORARY TABLE chartctl_undo ON COMMIT DROP AS
     SELECT s.*, r.symbol IS NOT NULL AS is_there,
       (${CANDLE_SQL} = ARRAY[(before->>'open')::float8, (before->>'high')::float8,
         (before->>'low')::float8, (before->>'close')::float8, (before->>'volume')::float8]
         AND r.symbol IS NOT NULL AND before IS NOT NULL) IS NOT TRUE AS is_moved FROM (${STATES_BEFORE}) s
     LEFT JOIN ${CHART_TABLE} r ON r.symbol = s.symbol AND r.timestamp = s.timestamp AND r.symbol = ?`,
    [...touched, symbol],
  );
  const { rows } = await trx.raw<{ rows: { timestamp: Date; is_legacy: boolean; is_moved: boolean }[] }>(
    `SELECT timestamp, is_moved, coalesce(before->>'written_at' IS NULL AND before->>'iscomplete' = 'false', false) AS is_legacy
     FROM chartctl_undo ORDER BY timestamp`,
  );
  if (rows.length > 0) {
    const end = new Date(rows.at(-1)!.timestamp.getTime() + 1); // a Date has no microseconds
    const work = { symbol, undoneJob, jobId, bounds: [rows[0]!.timestamp, end].map(toTimestampText) };
    await recordCurrentRows(trx, work);
    await replaceRows(trx, work);
    await replaceFlags(trx, work);
  }
  await trx.raw('DROP TABLE chartctl_undo');
  const minutes = [...new Set(rows.map((row) => floorMinute(row.timestamp.getTime())))];
  const legacy = rows.filter((row) => row.is_legacy).map((row) => floorMinute(row.timestamp.getTime()));
  const moved = rows.filter((row) => row.is_moved).map((row) => floorMinute(row.timestamp.getTime()));
  return { minutes, legacy, moved };
}

interface UndoWork {
  symbol: string;
  undoneJob: number;
  jobId: number;
  /** The first timestamp that the job changed, and one not before the last. */
  bounds: readonly string[];
}

/** Records the rows that the undo replaces, so that the undo can be undone. */
async function recordCurrentRows(trx: Transaction, { symbol, undoneJob, jobId, bounds }: UndoWork): Promise<void> {
  const touched = [symbol, undoneJob, symbol, undoneJob];
  const [first, last] = bounds;
  await trx.raw(
    `INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, flags_before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp),
       CASE WHEN u.before IS NULL THEN 'delete' ELSE 'replace' END, ?, to_jsonb(r), f.flags, ?::timestamptz
     FROM ${CHART_TABLE} r JOIN (${STATES_BEFORE}) u ON u.symbol = r.symbol AND u.timestamp = r.timestamp
     ${JOIN_FLAGS_SQL}
     WHERE r.symbol = ? AND r.timestamp >= ? AND r.timestamp <= ?`,
    [
      jobId,
      `undo of job ${undoneJob}`,
      await readStatementTime(trx),
      ...touched,
      symbol,
      first!,
      last!,
      symbol,
      first!,
      last!,
    ],
  );
  await trx.raw(
    `INSERT INTO chartctl_inserts (symbol, from_time, to_time, job_id, inserted_at)
     SELECT symbol, timestamp, timestamp + interval '1 minute', ?::bigint, ?::timestamptz
     FROM chartctl_undo WHERE NOT is_there AND before IS NOT NULL`,
    [jobId, await readStatementTime(trx)],
  );
}

async function replaceRows(trx: Transaction, { symbol, undoneJob, bounds }: UndoWork): Promise<void> {
  await trx.raw(
    `DELETE FROM ${CHART_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp <= ?
       AND timestamp IN (SELECT timestamp FROM (${STATES_BEFORE}) s)`,
    [symbol, ...bounds, symbol, undoneJob, symbol, undoneJob],
  );
  const columns = (await findChartColumns(trx)).map(quoteIdentifier);
  await trx.raw(
    `INSERT INTO ${CHART_TABLE} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${columns.map((name) => `r.${name}`).join(', ')}
     FROM chartctl_undo u, jsonb_populate_record(NULL::${CHART_TABLE}, u.before) r WHERE u.before IS NOT NULL`,
  );
}

async function replaceFlags(trx: Transaction, { symbol, undoneJob, bounds }: UndoWork): Promise<void> {
  const touched = [symbol, undoneJob, symbol, undoneJob];
  await trx.raw(
    `DELETE FROM chartctl_flags WHERE symbol = ? AND timestamp >= ? AND timestamp <= ?
       AND (timestamp IN (SELECT timestamp FROM (${STATES_BEFORE}) s WHERE before IS NOT NULL)
         OR (job_id = ? AND timestamp IN (SELECT timestamp FROM (${STATES_BEFORE}) s)))`,
    [symbol, ...bounds, ...touched, undoneJob, ...touched],
  );
  await trx.raw(
    `INSERT INTO chartctl_flags SELECT f.* FROM chartctl_undo u, jsonb_populate_recordset(NULL::chartctl_flags, u.flags_before) f`,
  );
}
