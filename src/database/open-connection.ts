import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from './connection/connection-error.js';
import { parseConnectionUrl } from './connection/connection-url.js';
import { findErrorCode } from './connection/database-failure.js';
import type { PeerState } from './connection/detect-dead-peer.js';
import { PostgresConnection, type PostgresConnectionOptions } from './connection/postgres-connection.js';
import { openServerSocket } from './connection/server-socket.js';
import type { DatabaseConfig } from './database-config.js';

/** A function that opens connections to the database. The embedded database has one at a time. */
export function connectionOpener(database: DatabaseConfig): () => Promise<PostgresConnection> {
  return database.kind === 'embedded'
    ? async () => (await import('./embedded/embedded.js')).openEmbedded(database.dataDir)
    : () => openServerConnection(database.url);
}

function openServerConnection(url: string): Promise<PostgresConnection> {
  const address = parseConnectionUrl(url);
  const { user, password, database, startup, timeoutMs, probeAfterMs } = address;
  const connect = (signal: AbortSignal) => openServerSocket(address, signal);
  const options: PostgresConnectionOptions = { connect, user, password, database, startup, timeoutMs };
  const probe = (pid: number | undefined) => probeBackend(() => PostgresConnection.open(options), pid);
  return PostgresConnection.open({ ...options, deadPeer: { probeAfterMs, probe } });
}

const PROBE_TIMEOUT_MS = 5_000;
/** SQLSTATE: a server that is starting has lost all its earlier connections. */
const SERVER_STARTING = '57P03';

/**
 * Asks, over a second connection, what the server process of another connection does.
 *
 * @param pid undefined behind a pooler, where the process changes: then only whether the server can be reached is known
 */
async function probeBackend(open: () => Promise<PostgresConnection>, pid: number | undefined): Promise<PeerState> {
  let connection: PostgresConnection | undefined;
  try {
    connection = await open();
    const timeout = sleep(PROBE_TIMEOUT_MS, 'lost' as const, { ref: false });
    return await Promise.race([readBackendState(connection, pid), timeout]);
  } catch (error) {
    // a pooler accepts a connection and lets it wait while all of the server's are in use
    if (error instanceof ConnectionError) return error.code === 'ANSWER_TIMEOUT' ? 'unknown' : 'lost';
    return findErrorCode(error) === SERVER_STARTING ? 'lost' : 'unknown'; // another error was sent by the server
  } finally {
    void connection?.close();
  }
}

async function readBackendState(connection: PostgresConnection, pid: number | undefined): Promise<PeerState> {
  if (pid === undefined) return 'unknown';
  const answer = await connection.run(
    `SELECT CASE WHEN state IS NULL OR state = 'disabled' THEN 'unknown' -- hidden from this role, or not tracked
       WHEN state = 'active' AND wait_event_type IS DISTINCT FROM 'Client' THEN 'active' ELSE 'lost' END AS state
     FROM pg_stat_activity WHERE pid = $1::int`,
    [String(pid)],
  );
  const [row] = Array.isArray(answer) ? [] : answer.rows;
  return (row?.state as PeerState | undefined) ?? 'lost';
}
