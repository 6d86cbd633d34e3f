import { hostname } from 'node:os';
import process from 'node:process';
import type { Knex } from 'knex';
import { VERSION } from '../core/version.js';

const JOBS_TABLE = 'chartctl_jobs';

export type JobOutcome = 'done' | 'incomplete' | 'failed' | 'locked' | 'temporary' | 'interrupted';

/** Records that a job began; the database stamps it. */
export async function startJob(
  db: Knex,
  job: { command: string; arguments: Record<string, unknown>; symbols: readonly string[] },
): Promise<number> {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `INSERT INTO ${JOBS_TABLE} (command, arguments, symbols, host, pid, version, started_at, outcome)
     VALUES (?, ?::jsonb, ?::text[], ?, ?, ?, clock_timestamp(), 'running') RETURNING id`,
    [job.command, JSON.stringify(job.arguments), [...job.symbols], hostname(), process.pid, VERSION],
  );
  return Number(rows[0]!.id);
}

/** Records how a job ended. */
export async function finishJob(
  db: Knex,
  id: number,
  end: { outcome: JobOutcome; exitCode: number; counts: Record<string, number>; error?: string | undefined },
): Promise<void> {
  await db.raw(
    `UPDATE ${JOBS_TABLE} SET finished_at = clock_timestamp(), outcome = ?, exit_code = ?, counts = ?::jsonb, error = ? WHERE id = ?`,
    [end.outcome, end.exitCode, JSON.stringify(end.counts), end.error ?? null, id],
  );
}
