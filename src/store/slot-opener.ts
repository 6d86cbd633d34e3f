import type { DatabaseConfig } from '../core/config.js';
import { parseConnectionUrl } from './connection-url.js';
import { PostgresSlot } from './postgres-slot.js';
import { openServerSocket } from './server-socket.js';

/** What opens connections to the database. */
export function slotOpener(database: DatabaseConfig): () => Promise<PostgresSlot> {
  return database.kind === 'embedded'
    ? async () => (await import('./embedded.js')).openEmbedded(database.dataDir)
    : () => openServerSlot(database.url);
}

function openServerSlot(url: string): Promise<PostgresSlot> {
  const address = parseConnectionUrl(url);
  const { user, password, database, startup, timeoutMs } = address;
  const connect = (signal: AbortSignal) => openServerSocket(address, signal);
  return PostgresSlot.open({ connect, user, password, database, startup, timeoutMs });
}
