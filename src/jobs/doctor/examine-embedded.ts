import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findHolder } from '../../store/file-locks/directory-lock.js';
import { FILES_DIRECTORY } from '../../store/connection/embedded.js';
import { warn, type Finding } from './finding.js';
import { examineSpace } from './examine-machine.js';

/** What is known of the embedded database without opening it, and whether it may be opened. */
export async function examineEmbedded(dataDir: string): Promise<{ findings: Finding[]; canOpen: boolean }> {
  const check = 'database';
  if (!existsSync(join(dataDir, FILES_DIRECTORY))) {
    const found = `there is no embedded database in "${dataDir}" yet; DATABASE_URL is not set`;
    return { findings: [warn(check, found, 'chartctl backfill BTCUSDT --hours 12')], canOpen: false };
  }
  const space = await examineSpace(dataDir);
  const holder = findHolder(dataDir);
  if (!holder) return { findings: [space], canOpen: true };
  const place = holder.host === hostname() ? '' : ` on ${holder.host}`;
  const found = `"${dataDir}" is in use by process ${holder.pid}${place} (${holder.command}, since ${holder.since}): what is in it was not looked at`;
  return { findings: [space, warn(check, found, 'run chartctl doctor again when it has ended')], canOpen: false };
}
