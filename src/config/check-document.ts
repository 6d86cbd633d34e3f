import { type OutputUnit, Validator } from '@cfworker/json-schema';
import { configSchema, type JsonSchema } from './config-schema.js';
import { findNearestWord } from './nearest-word.js';
import { findFaults } from './setting.js';
import { type EnvironmentOnly, SETTINGS } from './settings.js';

/** What is wrong at one place of a document. */
export interface DocumentProblem {
  /** The JSON pointer of the place. */
  pointer: string;
  message: string;
  hint: string;
}

/** More are no help to anybody. */
const MAX_PROBLEMS = 100;

/** Errors that only say that something below is wrong. */
const SUMMARIES = new Set(['properties', 'items', 'additionalProperties', 'anyOf']);

/** Everything in which a document is not as the published schema of configuration files wants it. */
export function checkDocument(document: unknown): DocumentProblem[] {
  const schema = configSchema();
  const { errors } = new Validator(schema, '2020-12', false).validate(document);
  const found = errors.filter(({ keyword }) => !SUMMARIES.has(keyword));
  const repeated = found
    .filter(({ keyword }) => keyword === 'uniqueItems')
    .flatMap((error) => findRepeated(document, toPointer(error)));
  const single = found.filter(({ keyword }) => keyword !== 'uniqueItems').map(toPointer);
  const places = [...new Set([...single, ...repeated])].slice(0, MAX_PROBLEMS);
  const problems = places
    .filter((place) => !isOfOtherKind(place, places, found))
    .map((pointer) => {
      const isUnknown = found.some((error) => toPointer(error) === pointer && error.keyword === 'false');
      return isUnknown ? describeUnknown(schema, pointer) : describeWrong(document, pointer);
    });
  return problems.length > 0 ? problems : findBeyondSchema(document);
}

/** The value at a pointer; undefined where there is none. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const name of namesOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** The pointer of a setting: `/hooks/exec`. */
export function pointerOf(key: string): string {
  return `/${key.replaceAll('.', '/')}`;
}

function toPointer({ instanceLocation }: OutputUnit): string {
  return decodeURIComponent(instanceLocation.slice(1));
}

/** Where a value may be of two kinds, what is wrong inside it says more than that it is not of the other kind. */
function isOfOtherKind(place: string, places: readonly string[], found: readonly OutputUnit[]): boolean {
  const isDeeper = places.some((other) => other.startsWith(`${place}/`));
  return isDeeper && found.filter((error) => toPointer(error) === place).every(({ keyword }) => keyword === 'type');
}

/** The items of a list that were there before. */
function findRepeated(document: unknown, pointer: string): string[] {
  const items = valueAt(document, pointer);
  if (!Array.isArray(items)) return [];
  return items.flatMap((item, i) => (items.indexOf(item) < i ? [`${pointer}/${i}`] : []));
}

/** What the parser of URLs knows and no pattern says. */
function findBeyondSchema(document: unknown): DocumentProblem[] {
  return SETTINGS.flatMap(({ key, schema }) => {
    const value = valueAt(document, pointerOf(key));
    const faults = value === undefined ? [] : findFaults(schema, value);
    return faults.map(({ item }) =>
      describeWrong(document, item === undefined ? pointerOf(key) : `${pointerOf(key)}/${item}`),
    );
  });
}

function describeWrong(document: unknown, pointer: string): DocumentProblem {
  if (pointer === '') {
    const hint = 'expected an object of settings, as in { "symbols": ["BTCUSDT"] }';
    return { pointer, message: `found ${describeValue(document)}`, hint };
  }
  const setting = SETTINGS.find(({ key }) => `${pointer}/`.startsWith(`${pointerOf(key)}/`));
  const found = setting?.isSecret ? 'not understood' : describeValue(valueAt(document, pointer));
  const isWholeList = setting?.schema.type === 'array' && pointer === pointerOf(setting.key);
  const otherwise = pointer === '/$schema' ? 'a text' : 'an object { ... }';
  const hint = `expected ${isWholeList ? 'an array: ' : ''}${setting?.expected ?? otherwise}`;
  return { pointer, message: `${nameOf(pointer)} was ${found}`, hint };
}

function describeUnknown(schema: JsonSchema, pointer: string): DocumentProblem {
  const names = namesOf(pointer);
  const name = names.at(-1) ?? '';
  const variable = environmentOnly(name);
  if (variable) {
    const message = `"${nameOf(pointer)}" does not belong in a file, for files get committed`;
    return { pointer, message, hint: `set ${variable} in the environment or in .env` };
  }
  const known = Object.keys(propertiesAt(schema, names.slice(0, -1))).filter((key) => key !== '$schema');
  const nearest = findNearestWord(name, known) ?? SETTINGS.find(({ key }) => key.endsWith(`.${name}`))?.key;
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return { pointer, message: `there is no setting "${nameOf(pointer)}"`, hint };
}

/** The variable that a member wants to be: `databaseUrl`, `DATABASE_URL` and `postgresUrl`, or any secret. */
function environmentOnly(name: string): EnvironmentOnly | undefined {
  if (/database|postgres|^(db|pg)/i.test(name)) return 'DATABASE_URL';
  return /secret|password/i.test(name) ? 'CHARTCTL_WEBHOOK_SECRET' : undefined;
}

function propertiesAt(schema: JsonSchema, names: readonly string[]): JsonSchema {
  let at = schema;
  for (const name of names) at = (at.properties as Record<string, JsonSchema>)[name]!;
  return at.properties as JsonSchema;
}

function describeValue(value: unknown): string {
  if (Array.isArray(value) && value.length > 0) return 'an array';
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A pointer as a person writes the place: `rules.with[0]`. */
function nameOf(pointer: string): string {
  return namesOf(pointer)
    .map((name, i) => (/^\d+$/.test(name) ? `[${name}]` : i === 0 ? name : `.${name}`))
    .join('');
}

function namesOf(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
