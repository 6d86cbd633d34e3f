import { statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { platform } from 'node:os';
import { Failure } from '../core/failure.js';
import { systemErrorCode } from './system-error.js';

export const CONFIG_FILE_NAME = 'chartctl.config.json';

/**
 * The configuration file that a folder is under: its own, or that of the nearest folder above it.
 *
 * A folder above that anybody may write to, such as `/tmp`, is passed over: what a stranger leaves there must not say
 * which database is written or which command is run.
 *
 * @throws Failure (usage) when a folder cannot be looked into
 */
export function findConfigFile(folder: string): string | undefined {
  for (let place = folder; ; place = dirname(place)) {
    const file = join(place, CONFIG_FILE_NAME);
    if (stat(file) && (place === folder || !isOpenToAll(place))) return file;
    if (dirname(place) === place) return undefined;
  }
}

function isOpenToAll(folder: string): boolean {
  return platform() !== 'win32' && ((stat(folder)?.mode ?? 0) & 0o002) !== 0;
}

function stat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('usage', `"${path}" could not be looked for: ${code}`, {
      hint: 'name the file with --config, or run in another directory',
      code,
      cause: error,
    });
  }
}
