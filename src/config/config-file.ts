import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';
import { checkDocument, type DocumentProblem, pointerOf, valueAt } from './check-document.js';
import { parseJson } from './json-text.js';
import type { Problems } from './problems.js';
import type { SettingValue } from './setting.js';
import { SETTINGS } from './settings.js';

/** No configuration is so large: what is, was named by mistake. */
const MAX_BYTES = 128 * 1024;
const HINT = 'expected a JSON file of settings';

/** The settings that a configuration file holds. */
export interface ConfigFile {
  path: string;
  /** By key; paths are absolute. */
  values: ReadonlyMap<string, SettingValue>;
}

/**
 * Reads and checks a configuration file; everything wrong with it goes to `problems`.
 *
 * @param path absolute
 */
export function readConfigFile(path: string, problems: Problems): ConfigFile {
  const json = problems.attempt(() => parseJson(readText(path), `"${path}"`));
  const values = new Map<string, SettingValue>();
  if (!json) return { path, values };
  const where = (pointer: string) => {
    const line = pointer === '' ? undefined : json.lineOf(pointer);
    return `"${path}"${line === undefined ? '' : ` line ${line}`}`;
  };
  for (const pointer of json.repeated) {
    problems.add(`${where(pointer)}: "${pointer.split('/').at(-1)}" is there twice`, 'leave one of them');
  }
  const lineOf = ({ pointer }: DocumentProblem) => json.lineOf(pointer) ?? 0;
  const found = checkDocument(json.value).sort((a, b) => lineOf(a) - lineOf(b));
  for (const { pointer, message, hint } of found) problems.add(`${where(pointer)}: ${message}`, hint);
  if (found.length > 0 || json.repeated.length > 0) return { path, values };
  for (const { key, isPath } of SETTINGS) {
    const value = valueAt(json.value, pointerOf(key)) as SettingValue | undefined;
    if (value !== undefined) values.set(key, isPath ? resolve(dirname(path), String(value)) : value);
  }
  return { path, values };
}

/** @throws Failure (usage) for what cannot be read or is no file */
function readText(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new Failure('usage', `"${path}" is a folder`, { hint: HINT });
    if (stats.size > MAX_BYTES) {
      const found = `"${path}" has ${stats.size} bytes`;
      throw new Failure('usage', found, { hint: `expected at most ${MAX_BYTES}; ${HINT}` });
    }
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    const why = code === 'ENOENT' ? 'was not found' : `could not be read: ${code}`;
    throw new Failure('usage', `the configuration file "${path}" ${why}`, { hint: HINT, code, cause: error });
  }
}
