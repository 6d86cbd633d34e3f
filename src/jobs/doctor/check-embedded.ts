import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { EXIT_CODES, systemErrorCode } from '../../core/failure.js';
import { PGDATA_DIRECTORY } from '../../database/embedded/embedded.js';
import { findLockOwner } from '../../database/file-locks/directory-lock.js';
import { checkDiskSpace } from './check-machine.js';
import { type CheckResult, fail, ok, warn } from './check-result.js';

/**
 * Checks the embedded database without opening it. `canOpen` is false if there is none or another process uses it.
 *
 * @param isFirstUse whether it need not exist
 */
export async function checkEmbedded(
  dataDir: string,
  isFirstUse = false,
): Promise<{ results: CheckResult[]; canOpen: boolean }> {
  const check = 'database';
  if (!existsSync(join(dataDir, PGDATA_DIRECTORY))) {
    const obstacle = findObstacle(dataDir);
    if (obstacle) return { results: [obstacle], canOpen: false };
    if (isFirstUse) return { results: [ok(check, `the first job creates it in "${dataDir}"`)], canOpen: false };
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

/** Why a folder could not be created or written to; nothing is created to find out. */
function findObstacle(folder: string): CheckResult | undefined {
  try {
    let place = folder;
    while (!existsSync(place)) place = dirname(place); // also where a part of the path is a file
    if (statSync(place).isDirectory()) accessSync(place, constants.W_OK);
    else return toObstacle(folder, `"${place}" is a file`);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return toObstacle(folder, code);
  }
  return undefined;
}

function toObstacle(folder: string, reason: string): CheckResult {
  const found = `the folder of the embedded database, "${folder}", cannot be used: ${reason}`;
  return fail('database', found, 'name a folder that you can write to, or a PostgreSQL server', EXIT_CODES.usage);
}
