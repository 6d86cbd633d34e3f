import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../core/config.js';
import { Failure } from '../core/failure.js';
import { systemErrorCode } from './system-error.js';

/** The environment's variables over those of the `.env` file in `folder`, if there is one. */
export function readEnvironment(environment: Environment, folder: string): Environment {
  const file = join(folder, '.env');
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...environment };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return environment;
    if (!code) throw error;
    throw new Failure('usage', `"${file}" could not be read: ${code}`, {
      hint: 'make it a readable file of NAME=value lines, or run in another directory',
      code,
      cause: error,
    });
  }
}
