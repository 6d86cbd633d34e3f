import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, systemErrorCode } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { readTextFile } from './text-file.js';

const HINT = 'make it a readable file of NAME=value lines, or run in another directory';

/**
 * The variables of the `.env` file in `folder`; none if there is no such file.
 *
 * @throws Failure (usage) for a file that cannot be read, is not in UTF-8, or has a line that seems to set a variable of
 *   this program and does not: without `DATABASE_URL` rows would go to another database
 */
export function readDotEnv(folder: string): Environment {
  const path = join(folder, '.env');
  if (!isPresent(path)) return {};
  const text = readTextFile(path, { name: `"${path}"`, hint: HINT }).replace(/\r\n?/g, '\n');
  const variables = parseEnv(text);
  const misread = findMisreadLine(text, variables);
  if (!misread) return variables;
  const { line, name } = misread;
  throw new Failure('usage', `"${path}" line ${line} does not set ${name}`, { hint: `expected ${name}=value` });
}

function isPresent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('usage', `"${path}" could not be read: ${code}`, { hint: HINT, code, cause: error });
  }
}

/**
 * A line that names a variable in the syntax of another program, or behind an invisible character: `set DATABASE_URL=x`,
 * `$env:DATABASE_URL = "x"`, `DATABASE_URL: x`.
 */
const ASSIGNMENT =
  /^(?<before>[\s\p{Cf}$:-]*(?:(?:set|setx|env|export)\b[\s:]*)?)(?<name>DATABASE_URL|CHARTCTL_[A-Z_]+)\s*[=:\s]/iu;
/** What `parseEnv` accepts before a name. */
const ACCEPTED_BEFORE = /^[ \t]*(export[ \t]+)?$/;

function findMisreadLine(text: string, variables: Environment): { line: number; name: string } | undefined {
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    const { before = '', name = '' } = ASSIGNMENT.exec(line)?.groups ?? {};
    if (name === '' || name !== name.toUpperCase() || variables[name] !== undefined) continue;
    const isRead = ACCEPTED_BEFORE.test(before) && /^[^=]*=/.test(line.slice(before.length + name.length).trimStart());
    if (!isRead) return { line: i + 1, name };
  }
  return undefined;
}
