import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { versions } from 'node:process';
import { systemErrorCode } from '../../core/failure.js';
import { type CheckResult, fail, ok, warn } from './check-result.js';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `103 MB`: bytes in units of 1,000, three digits. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${Number(value.toPrecision(3))} ${UNITS[unit]}`;
}

/** The oldest Node that the package runs on, as package.json says. */
const MIN_NODE = [20, 12] as const;
const LOW_SPACE_BYTES = 1e9;
const MIN_SPACE_BYTES = 100e6;

/** Whether this Node is new enough. */
export function checkNode(version: string = versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  if (isEnough) return ok('Node', version);
  return fail('Node', `${version} is older than ${MIN_NODE.join('.')}`, 'install Node 20.12 or later');
}

/** Whether the metrics file can be replaced: its folder must be writable for that, and a file that is there, too. */
export async function checkMetricsFile(path: string): Promise<CheckResult> {
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
export async function checkDiskSpace(folder: string): Promise<CheckResult> {
  const check = 'disk';
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${formatBytes(free)} free at "${folder}"`;
  if (free < MIN_SPACE_BYTES) return fail(check, found, 'free some space before the database needs it');
  return free < LOW_SPACE_BYTES
    ? warn(check, found, 'free some space: a year of one symbol takes 200 MB')
    : ok(check, found);
}
