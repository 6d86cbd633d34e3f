import type { DatabaseConfig } from '../../core/config.js';
import { askAboutBackend } from './ask-about-backend.js';
import { parseConnectionUrl, type Address } from './connection-url.js';
import { PostgresSlot, type SlotOptions } from './postgres-slot.js';
import { openServerSocket } from './server-socket.js';

/** What opens connections to the database. */
export function slotOpener(database: DatabaseConfig): () => Promise<PostgresSlot> {
  return database.kind === 'embedded'
    ? async () => (await import('./embedded.js')).openEmbedded(database.dataDir)
    : () => openServerSlot(database.url);
}

function openServerSlot(url: string): Promise<PostgresSlot> {
  const address = parseConnectionUrl(url);
  const options = toSlotOptions(address);
  const ask = (pid: number | undefined) => askAboutBackend(() => PostgresSlot.open(options), pid);
  return PostgresSlot.open({ ...options, watch: { limitMs: address.silenceMs, ask } });
}

function toSlotOptions(address: Address): SlotOptions {
  const { user, password, database, startup, timeoutMs } = address;
  const connect = (signal: AbortSignal) => openServerSocket(address, signal);
  return { connect, user, password, database, startup, timeoutMs };
}
