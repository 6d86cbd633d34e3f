import type { Db } from './handles.js';

/** How far back a success is looked for: a command that never had one would read the whole table. */
const JOBS_LOOKED_AT = 20_000;

/** When a command last ended well, as far as the last jobs tell; null when none of them did. */
export async function findLastSuccess(db: Db, command: string): Promise<Date | null> {
  const { rows } = await db.raw<{ rows: { finished_at: Date | null }[] }>(
    `SELECT finished_at FROM chartctl_jobs
     WHERE command = ? AND exit_code IN (0, 10) AND id > (SELECT max(id) FROM chartctl_jobs) - ?
     ORDER BY id DESC LIMIT 1`,
    [command, JOBS_LOOKED_AT],
  );
  return rows[0]?.finished_at ?? null;
}
