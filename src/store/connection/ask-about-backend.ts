import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from './connection-error.js';
import { errorCode } from './database-failure.js';
import type { PostgresSlot } from './postgres-slot.js';
import type { Silence } from './silence-watch.js';

const ANSWER_LIMIT_MS = 5_000;
/** The server that is only starting has lost every connection that it had. */
const STARTING = '57P03';

/**
 * Asks, over a connection of its own, whether the server process of another one works on its statement, or waits for
 * its client.
 *
 * @param pid undefined behind a pooler, where the process changes: then it is only found out whether anybody is there
 */
export async function askAboutBackend(open: () => Promise<PostgresSlot>, pid: number | undefined): Promise<Silence> {
  let slot: PostgresSlot | undefined;
  try {
    slot = await open();
    return await Promise.race([examine(slot, pid), sleep(ANSWER_LIMIT_MS, 'lost' as const, { ref: false })]);
  } catch (error) {
    // whoever lets this one in and keeps it waiting is a pooler whose connections are all taken
    if (error instanceof ConnectionError) return error.code === 'ANSWER_TIMEOUT' ? 'unknown' : 'lost';
    return errorCode(error) === STARTING ? 'lost' : 'unknown'; // any other error is a server's word: it can be reached
  } finally {
    void slot?.close();
  }
}

async function examine(slot: PostgresSlot, pid: number | undefined): Promise<Silence> {
  if (pid === undefined) return 'unknown';
  const answer = await slot.run(
    `SELECT CASE WHEN state IS NULL OR state = 'disabled' THEN 'unknown' -- not for this role to see, or not tracked
       WHEN state = 'active' AND wait_event_type IS DISTINCT FROM 'Client' THEN 'works' ELSE 'lost' END AS silence
     FROM pg_stat_activity WHERE pid = $1::int`,
    [String(pid)],
  );
  const [row] = Array.isArray(answer) ? [] : answer.rows;
  return (row?.silence as Silence | undefined) ?? 'lost';
}
