import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { versions } from 'node:process';
import { systemErrorCode } from '../../cli/system-error.js';
import { fail, ok, warn, type Finding } from './finding.js';
import { formatBytes } from './format-bytes.js';

/** The oldest Node that the package runs on, as package.json says. */
const OLDEST_NODE = [20, 12] as const;
const LITTLE_SPACE = 1e9;
const NO_SPACE = 100e6;

/** Whether this Node is new enough. */
export function examineNode(version: string = versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (isEnough) return ok('Node', version);
  return fail('Node', `${version} is older than ${OLDEST_NODE.join('.')}`, 'install Node 20.12 or later');
}

/** Whether the metrics file can be replaced: its folder must be writable for that, and a file that is there, too. */
export async function examineMetricsFile(path: string): Promise<Finding> {
  const check = 'metrics file';
  try {
    const found = await stat(path).catch(() => null);
    if (found && !found.isFile())
      return warn(check, `"${path}" is not a regular file`, 'name a file that ends in .prom');
    for (const place of found ? [path, dirname(path)] : [dirname(path)]) await access(place, constants.W_OK);
    return ok(check, `"${path}" can be written`);
  } catch (error) {
    const why = systemErrorCode(error) ?? String(error);
    return warn(
      check,
      `"${path}" cannot be written: ${why}`,
      `let who runs the jobs write it and its folder, ${dirname(path)}`,
    );
  }
}

/** How much space is left where the embedded database is. */
export async function examineSpace(folder: string): Promise<Finding> {
  const check = 'disk';
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${formatBytes(free)} free at "${folder}"`;
  if (free < NO_SPACE) return fail(check, found, 'free some space before the database needs it');
  return free < LITTLE_SPACE
    ? warn(check, found, 'free some space: a year of one symbol takes 200 MB')
    : ok(check, found);
}
