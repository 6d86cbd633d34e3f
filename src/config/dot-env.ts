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
  throw new Failure('usage', `"${path}" line ${line} does not set ${name}`, {
    hint: `expected ${name}=value on a line of its own; the lines before it may lack a "=" or the end of a quotation`,
  });
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
 * A line that sets a variable, in this syntax or in that of another program: `set DATABASE_URL=x`, `DATABASE_URL: x`,
 * `$env:DATABASE_URL = "x"`.
 */
const ASSIGNMENT =
  /^[\s\p{Cf}$:"'-]*(?:(?:set|setx|env|export)\b[\s:]*)?(?<name>DATABASE_URL|CHARTCTL_[A-Z_]+)["']?\s*[=:\s]/iu;

/**
 * The first line that should set a variable which is not set. `parseEnv` takes a line without "=" as the beginning of the
 * next name, an indentation by tabs as a part of it, and what follows an open quotation as its value.
 */
function findMisreadLine(text: string, variables: Environment): { line: number; name: string } | undefined {
  for (const [i, line] of text.split('\n').entries()) {
    const name = ASSIGNMENT.exec(line)?.groups?.name ?? '';
    if (name !== '' && name === name.toUpperCase() && variables[name] === undefined) return { line: i + 1, name };
  }
  return undefined;
}
