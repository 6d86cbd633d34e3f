import { isUndefinedTable } from '../database/connection/database-failure.js';
import type { Db } from '../database/store.js';

const THROTTLE_TABLE = 'chartctl_throttle';

/** A ban or an exhausted request budget that is still in force. */
interface Throttle {
  until: Date;
  reason: string;
  remainingMs: number;
}

/**
 * The reason for which an exchange must not be requested now, by the database's clock; null when there is none, or
 * before the first migration. A missing privilege is an error: without the table, requests would be sent during a ban.
 */
export async function findThrottle(db: Db, host: string): Promise<Throttle | null> {
  try {
    return await readThrottle(db, host);
  } catch (error) {
    if (isUndefinedTable(error)) return null;
    throw error;
  }
}

async function readThrottle(db: Db, host: string): Promise<Throttle | null> {
  const { rows } = await db.raw<{ rows: { until: Date; reason: string; remaining: string }[] }>(
    `SELECT until, reason, (extract(epoch FROM until - clock_timestamp()) * 1000)::bigint AS remaining
     FROM ${THROTTLE_TABLE} WHERE host = ? AND until > clock_timestamp()`,
    [host],
  );
  const found = rows[0];
  return found ? { until: found.until, reason: found.reason, remainingMs: Number(found.remaining) } : null;
}

/** Records how long no process on this database may send requests to an exchange. */
export async function saveThrottle(db: Db, host: string, waitMs: number, reason: string): Promise<void> {
  await db.raw(
    `INSERT INTO ${THROTTLE_TABLE} AS t (host, until, reason, recorded_at)
     VALUES (?, clock_timestamp() + ? * interval '1 millisecond', ?, clock_timestamp())
     ON CONFLICT (host) DO UPDATE SET until = EXCLUDED.until, reason = EXCLUDED.reason, recorded_at = EXCLUDED.recorded_at
     WHERE t.until < EXCLUDED.until`,
    [host, waitMs, reason],
  );
}
