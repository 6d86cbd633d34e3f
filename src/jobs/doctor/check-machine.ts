import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { versions } from 'node:process';
import { systemErrorCode } from '../../core/failure.js';
import { type CheckResult, fail, ok, warn } from './check-result.js';
import { formatBytes } from '../../terminal/text.js';

/** The minimum version of Node, as in package.json. */
const MIN_NODE = [20, 15] as const;
/** Less free space is a warning. */
const LOW_SPACE_BYTES = 1e9;
/** Less free space is a failure. */
const MIN_SPACE_BYTES = 100e6;

export function checkNode(version: string = versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  if (isEnough) return ok('Node', version);
  return fail('Node', `${version} is older than ${MIN_NODE.join('.')}`, 'install Node 20.15 or later');
}

/** Checks whether the metrics file can be replaced: its folder and an existing file must be writable. */
export async function checkMetricsFile(path: string): Promise<CheckResult> {
  const check = 'metrics file';
  try {
    const found = await stat(path).catch(() => null);
    if (found && !found.isFile())
      return warn(check, `"${path}" is not a regular file`, 'name a file that ends in .prom');
    for (const place of found ? [path, dirname(path)] : [dirname(path)]) await access(place, constants.W_OK);
    return ok(check, `"${path}" can be written`);
  } catch (error) {
    const reason = systemErrorCode(error) ?? String(error);
    const remedy = `allow the user that runs the jobs to write it and its folder, ${dirname(path)}`;
    return warn(check, `"${path}" cannot be written: ${reason}`, remedy);
  }
}

/** Checks the free space in the folder of the embedded database. */
export async function checkDiskSpace(folder: string): Promise<CheckResult> {
  const check = 'disk';
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${formatBytes(free)} free at "${folder}"`;
  if (free < MIN_SPACE_BYTES) return fail(check, found, 'free some space: the database needs it to write');
  return free < LOW_SPACE_BYTES
    ? warn(check, found, 'free some space: a year of one symbol takes 200 MB')
    : ok(check, found);
}
