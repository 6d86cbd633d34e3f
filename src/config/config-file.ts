import { dirname, resolve } from 'node:path';
import { parseJson, toPointer } from './json-text.js';
import { findNearestWord } from './nearest-word.js';
import type { Problems } from './problems.js';
import { findFaults, type Setting, type SettingValue } from './setting.js';
import { SETTING_GROUPS, SETTINGS, type EnvironmentOnly } from './settings.js';
import { readTextFile } from './text-file.js';

/** Larger than any configuration: such a file was named by mistake. */
const MAX_BYTES = 128 * 1024;

/** The settings that a configuration file holds. */
interface ConfigFile {
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
  const describePlace = (pointer: string) => {
    const line = pointer === '' ? undefined : json.lineOf(pointer);
    return `"${path}"${line === undefined ? '' : ` line ${line}`}`;
  };
  for (const pointer of json.repeated) {
    problems.add(`${describePlace(pointer)}: "${pointer.split('/').at(-1)}" is there twice`, 'leave one of them');
  }
  const lineOf = ({ pointer }: DocumentProblem) => json.lineOf(pointer) ?? 0;
  const found = checkDocument(json.value).sort((a, b) => lineOf(a) - lineOf(b));
  for (const { pointer, message, hint } of found) problems.add(`${describePlace(pointer)}: ${message}`, hint);
  if (found.length > 0 || json.repeated.length > 0) return { path, values };
  for (const { key, isPath } of SETTINGS) {
    const value = findSettingValue(json.value, key) as SettingValue | undefined;
    if (value !== undefined) values.set(key, isPath ? resolve(dirname(path), String(value)) : value);
  }
  return { path, values };
}

function readText(path: string): string {
  const name = `the configuration file "${path}"`;
  return readTextFile(path, { name, hint: 'expected a JSON file of settings', maxBytes: MAX_BYTES });
}

/** A problem at one place of a document. */
interface DocumentProblem {
  /** The JSON pointer of the place. */
  pointer: string;
  message: string;
  hint: string;
}

/** A file with more problems is not a configuration file. */
const MAX_PROBLEMS = 100;

/**
 * Everything in which a document differs from what a configuration file may be; at most 100 problems.
 *
 * The published JSON Schema accepts the same documents; the messages here name the setting and what it expects.
 */
export function checkDocument(document: unknown): DocumentProblem[] {
  if (!isObject(document)) {
    const hint = 'expected an object of settings, as in { "symbols": ["BTCUSDT"] }';
    return [{ pointer: '', message: `found ${describeValue(document)}`, hint }];
  }
  return Object.entries(document)
    .flatMap(([name, value]) => checkMember(name, value))
    .slice(0, MAX_PROBLEMS);
}

/** The value of a setting in a document; undefined where there is none. */
export function findSettingValue(document: unknown, key: string): unknown {
  let value = document;
  for (const name of key.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function checkMember(name: string, value: unknown): DocumentProblem[] {
  if (name === '$schema') return typeof value === 'string' ? [] : [describeWrong([name], value, 'a text')];
  if (!Object.hasOwn(SETTING_GROUPS, name)) return checkSetting([name], value);
  if (!isObject(value)) return [describeWrong([name], value, 'an object { ... }')];
  return Object.entries(value).flatMap(([inner, innerValue]) => checkSetting([name, inner], innerValue));
}

function checkSetting(path: readonly string[], value: unknown): DocumentProblem[] {
  const setting: Setting | undefined = SETTINGS.find(({ key }) => isSamePath(key.split('.'), path));
  if (!setting) return [describeUnknown(path)];
  const { schema, expected, isSecret } = setting;
  return findFaults(schema, value).map(({ item, found }) => {
    const isWholeList = schema.type === 'array' && item === undefined;
    const place = item === undefined ? path : [...path, item];
    return describeWrong(place, found, `${isWholeList ? 'an array: ' : ''}${expected}`, isSecret);
  });
}

function describeWrong(
  path: readonly (string | number)[],
  value: unknown,
  expected: string,
  isSecret = false,
): DocumentProblem {
  const found = isSecret ? 'not understood' : describeValue(value);
  return { pointer: toPointer(path), message: `${formatPath(path)} was ${found}`, hint: `expected ${expected}` };
}

function describeUnknown(path: readonly string[]): DocumentProblem {
  const pointer = toPointer(path);
  const name = path.at(-1)!;
  const variable = findEnvironmentOnly(name);
  if (variable) {
    const message = `"${formatPath(path)}" does not belong in a file, because files get committed`;
    return { pointer, message, hint: `set ${variable} in the environment or in .env` };
  }
  const known = namesIn(path.slice(0, -1));
  const nearest = findNearestWord(name, known) ?? SETTINGS.find(({ key }) => key.endsWith(`.${name}`))?.key;
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return { pointer, message: `there is no setting "${formatPath(path)}"`, hint };
}

/** The variable that a member stands for: `databaseUrl`, `DATABASE_URL`, `postgresUrl`, or a secret. */
function findEnvironmentOnly(name: string): EnvironmentOnly | undefined {
  if (/database|postgres|^(db|pg)/i.test(name)) return 'DATABASE_URL';
  return /secret|password/i.test(name) ? 'CHARTCTL_WEBHOOK_SECRET' : undefined;
}

/** The names that may stand at the top of a document, or in one of its groups. */
function namesIn([group]: readonly string[]): string[] {
  if (group === undefined) {
    const single = SETTINGS.flatMap(({ key }) => (key.includes('.') ? [] : [key]));
    return [...single, ...Object.keys(SETTING_GROUPS)];
  }
  return SETTINGS.flatMap(({ key }) => (key.startsWith(`${group}.`) ? [key.slice(group.length + 1)] : []));
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeValue(value: unknown): string {
  if (Array.isArray(value) && value.length > 0) return 'an array';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A path as messages show it: `rules.with[0]`. */
function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}
