import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../core/config.js';
import { Failure } from '../core/failure.js';
import { systemErrorCode } from './system-error.js';

/** The variables of the `.env` file in `folder`; none if there is no such file. */
export function readDotEnv(folder: string): Environment {
  const file = join(folder, '.env');
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return {};
    if (!code) throw error;
    throw new Failure('usage', `"${file}" could not be read: ${code}`, {
      hint: 'make it a readable file of NAME=value lines, or run in another directory',
      code,
      cause: error,
    });
  }
}
