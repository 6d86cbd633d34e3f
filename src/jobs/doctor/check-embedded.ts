import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PGDATA_DIRECTORY } from '../../database/embedded/embedded.js';
import { findLockOwner } from '../../database/file-locks/directory-lock.js';
import { checkDiskSpace } from './check-machine.js';
import { type CheckResult, warn } from './check-result.js';

/** Checks the embedded database without opening it. `canOpen` is false if there is none or another process uses it. */
export async function checkEmbedded(dataDir: string): Promise<{ results: CheckResult[]; canOpen: boolean }> {
  const check = 'database';
  if (!existsSync(join(dataDir, PGDATA_DIRECTORY))) {
    const found = `there is no embedded database in "${dataDir}" yet; DATABASE_URL is not set`;
    return { results: [warn(check, found, 'chartctl backfill BTCUSDT --hours 12')], canOpen: false };
  }
  const space = await checkDiskSpace(dataDir);
  const holder = findLockOwner(dataDir);
  if (!holder) return { results: [space], canOpen: true };
  const place = holder.host === hostname() ? '' : ` on ${holder.host}`;
  const found = `"${dataDir}" is in use by process ${holder.pid}${place} (${holder.command}, since ${holder.since}): its contents were not checked`;
  return { results: [space, warn(check, found, 'run chartctl doctor again when it has ended')], canOpen: false };
}
