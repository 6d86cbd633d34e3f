import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import { ConnectionError } from './connection/connection-error.js';
import { type Address, formatAddress, parseConnectionUrl } from './connection/connection-url.js';
import { findErrorCode } from './connection/database-failure.js';
import type { PeerState } from './connection/detect-dead-peer.js';
import { PostgresConnection, type PostgresConnectionOptions } from './connection/postgres-connection.js';
import type { RequiredAuthentication } from './connection/required-authentication.js';
import { openServerSocket } from './connection/server-socket.js';
import type { DatabaseConfig } from './database-config.js';
import { quoteIdentifier } from './format/text-format.js';

/** A function that opens connections to the database. The embedded database has one at a time. */
export function connectionOpener(database: DatabaseConfig): () => Promise<PostgresConnection> {
  return database.kind === 'embedded'
    ? async () => (await import('./embedded/embedded.js')).openEmbedded(database.dataDir)
    : () => openServerConnection(database.url);
}

async function openServerConnection(url: string): Promise<PostgresConnection> {
  const address = parseConnectionUrl(url);
  const { user, password, database, startup, timeoutMs, probeAfterMs, authentication } = address;
  const connect = (signal: AbortSignal) => openServerSocket(address, signal);
  const options: PostgresConnectionOptions = {
    connect,
    user,
    password,
    database,
    startup,
    timeoutMs,
    ...(authentication && { authenticator: await createAuthenticator(authentication, password) }),
  };
  const probe = (pid: number | undefined) => probeBackend(() => PostgresConnection.open(options), pid);
  const withProbe = { ...options, deadPeer: { probeAfterMs, probe } };
  return address.schema === undefined
    ? PostgresConnection.open(withProbe)
    : openInSchema(withProbe, address, address.schema);
}

/** Loads node:crypto, which a connection without passwords does not need. */
async function createAuthenticator(required: RequiredAuthentication, password: string) {
  const { Authenticator } = await import('./connection/authenticator.js');
  return (server: Duplex) => new Authenticator(server, required, password);
}

/**
 * Opens a connection whose unqualified names mean those of one schema.
 *
 * A pooler either refuses the search path or, with `ignore_startup_parameters`, ignores it. Then the schema must be that of the role.
 *
 * @throws Failure (usage) if it is another one, or if the role sees no schema of that name
 */
async function openInSchema(
  options: PostgresConnectionOptions,
  address: Address,
  schema: string,
): Promise<PostgresConnection> {
  const connection = await PostgresConnection.open(options).catch((error: unknown) => {
    if (!(findErrorCode(error) === 'POOLER_SETTING' && /search_path/.test((error as Error).message))) throw error;
    const startup = Object.fromEntries(Object.entries(options.startup).filter(([name]) => name !== 'search_path'));
    return PostgresConnection.open({ ...options, startup });
  });
  try {
    const answer = await connection.run('select current_schema() as schema', []);
    const [row] = Array.isArray(answer) ? [] : answer.rows;
    const found = row?.schema as string | null;
    if (found === schema) return connection;
    throw found === null ? noSchemaFailure(address, schema) : otherSchemaFailure(address, schema, found);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function noSchemaFailure(address: Address, schema: string): Failure {
  const name = quoteIdentifier(schema);
  const user = quoteIdentifier(address.user);
  return new Failure('usage', `the database ${formatAddress(address)} has no schema ${name} that ${user} may use`, {
    hint: `create it: CREATE SCHEMA ${name}; or permit it: GRANT USAGE ON SCHEMA ${name} TO ${user};`,
    code: 'NO_SCHEMA',
  });
}

function otherSchemaFailure(address: Address, schema: string, found: string): Failure {
  const name = quoteIdentifier(schema);
  const user = quoteIdentifier(address.user);
  return new Failure(
    'usage',
    `the database ${formatAddress(address)} is behind a pooler that does not pass on the schema ${name}: ` +
      `the session is in ${quoteIdentifier(found)}`,
    {
      hint: `ALTER ROLE ${user} SET search_path = ${name}; or connect without the pooler`,
      code: 'OTHER_SCHEMA',
    },
  );
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
