import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from './connection/connection-error.js';
import { type Address, parseConnectionUrl } from './connection/connection-url.js';
import { findErrorCode } from './connection/database-failure.js';
import type { PeerState } from './connection/detect-dead-peer.js';
import { PostgresConnection, type PostgresConnectionOptions } from './connection/postgres-connection.js';
import { openServerSocket } from './connection/server-socket.js';
import type { DatabaseConfig } from './database-config.js';

const PROBE_TIMEOUT_MS = 5_000;
/** The server that is only starting has lost every connection that it had. */
const SERVER_STARTING = '57P03';

/**
 * Asks, over a connection of its own, whether the server process of another one works on its statement, or waits for
 * its client.
 *
 * @param pid undefined behind a pooler, where the process changes: then it is only found out whether anybody is there
 */
export async function probeBackend(
  open: () => Promise<PostgresConnection>,
  pid: number | undefined,
): Promise<PeerState> {
  let slot: PostgresConnection | undefined;
  try {
    slot = await open();
    return await Promise.race([readBackendState(slot, pid), sleep(PROBE_TIMEOUT_MS, 'lost' as const, { ref: false })]);
  } catch (error) {
    // whoever lets this one in and keeps it waiting is a pooler whose connections are all taken
    if (error instanceof ConnectionError) return error.code === 'ANSWER_TIMEOUT' ? 'unknown' : 'lost';
    return findErrorCode(error) === SERVER_STARTING ? 'lost' : 'unknown'; // any other error is a server's word: it can be reached
  } finally {
    void slot?.close();
  }
}

async function readBackendState(slot: PostgresConnection, pid: number | undefined): Promise<PeerState> {
  if (pid === undefined) return 'unknown';
  const answer = await slot.run(
    `SELECT CASE WHEN state IS NULL OR state = 'disabled' THEN 'unknown' -- not for this role to see, or not tracked
       WHEN state = 'active' AND wait_event_type IS DISTINCT FROM 'Client' THEN 'works' ELSE 'lost' END AS silence
     FROM pg_stat_activity WHERE pid = $1::int`,
    [String(pid)],
  );
  const [row] = Array.isArray(answer) ? [] : answer.rows;
  return (row?.silence as PeerState | undefined) ?? 'lost';
}

/** What opens connections to the database. */
export function connectionOpener(database: DatabaseConfig): () => Promise<PostgresConnection> {
  return database.kind === 'embedded'
    ? async () => (await import('./embedded/embedded.js')).openEmbedded(database.dataDir)
    : () => openServerConnection(database.url);
}

function openServerConnection(url: string): Promise<PostgresConnection> {
  const address = parseConnectionUrl(url);
  const options = toConnectionOptions(address);
  const ask = (pid: number | undefined) => probeBackend(() => PostgresConnection.open(options), pid);
  return PostgresConnection.open({ ...options, watch: { limitMs: address.probeAfterMs, ask } });
}

function toConnectionOptions(address: Address): PostgresConnectionOptions {
  const { user, password, database, startup, timeoutMs } = address;
  const connect = (signal: AbortSignal) => openServerSocket(address, signal);
  return { connect, user, password, database, startup, timeoutMs };
}
