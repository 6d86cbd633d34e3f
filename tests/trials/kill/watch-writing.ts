import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { DatabaseConfig } from '../../../src/core/config.js';
import { FILES_DIRECTORY } from '../../../src/store/connection/embedded.js';
import { serverUrl } from '../../harness/databases.js';

const LOOK_AGAIN_MS = 4;

/**
 * Calls at every sign that a process writes: a transaction that has written, a write into the embedded database's log,
 * a file of the folder that is made, written or renamed.
 *
 * @returns what ends the watching
 */
export async function watchWriting(
  config: DatabaseConfig,
  folder: string,
  onSign: () => void,
): Promise<() => Promise<void>> {
  const files = watch(folder, onSign);
  const stop = config.kind === 'embedded' ? watchLog(config.dataDir, onSign) : await watchServer(config.url, onSign);
  return async () => {
    files.close();
    await stop();
  };
}

function watchLog(dataDir: string, onSign: () => void): () => Promise<void> {
  const log = watch(join(dataDir, FILES_DIRECTORY, 'pg_wal'), onSign);
  return () => Promise.resolve(log.close());
}

/** A sign for every look at a transaction under way that has written something. */
async function watchServer(url: string, onSign: () => void): Promise<() => Promise<void>> {
  const sql = postgres((await serverUrl())!, { max: 1 });
  const database = new URL(url).pathname.slice(1);
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const [writing] = await sql`
        SELECT 1 FROM pg_stat_activity WHERE datname = ${database} AND backend_xid IS NOT NULL LIMIT 1`;
      if (writing) onSign();
      await sleep(LOOK_AGAIN_MS);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    await sql.end();
  };
}
