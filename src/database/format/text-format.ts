import { Failure } from '../../core/failure.js';

/** The greatest time that a Date can hold; the server knows later ones, and infinity. */
const END_OF_TIME = 8.64e15;
/** After this year, or so long before year 0, a time can be one that no Date holds. */
const LAST_YEARS = 270_000;
/** 4713 BC, the first year that the server knows, and 10000, from which on ISO 8601 writes a sign that it refuses. */
const [FIRST_YEAR, SIGNED_YEAR] = [-4712, 10_000];

/**
 * A time as PostgreSQL reads it: ISO 8601, but years of five digits have no sign, and those before year 1 say BC.
 *
 * @example toTimestampText(Date.UTC(10000, 0, 1)) // '10000-01-01T00:00:00.000Z'
 */
export function toTimestampText(time: Date): string {
  const year = time.getUTCFullYear();
  if (year > 0 && year < SIGNED_YEAR) return time.toISOString();
  if (year < FIRST_YEAR) return '-infinity';
  const rest = time.toISOString().replace(/^[+-]?\d+/, '');
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

/**
 * The time that PostgreSQL printed; what lies outside of a Date's time is its end or its beginning.
 *
 * @throws Failure for a text that is no time
 */
export function parseTimestampText(text: string): Date {
  const [, year = '', rest = '', era] = /^(\d{4,7})(-\d\d-\d\d \d\d:\S+?)( BC)?$/.exec(text) ?? [];
  const counted = era ? 1 - Number(year) : Number(year);
  const isPlain = counted >= 1000 && counted < SIGNED_YEAR; // the language takes 0001 for 2001
  const time = new Date(isPlain ? text : toSigned(counted, rest));
  if (year !== '' && !Number.isNaN(time.getTime())) return time;
  if (text === 'infinity' || counted > LAST_YEARS) return new Date(END_OF_TIME);
  if (text === '-infinity' || counted < -LAST_YEARS) return new Date(-END_OF_TIME);
  throw new Failure(
    'failed',
    `the database gave "${text.slice(0, 60)}", expected a time such as 2025-06-01 12:00:00+00`,
  );
}

function toSigned(year: number, rest: string): string {
  const signed = `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${signed}${rest.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}`;
}

/**
 * A binding as it travels: text whose type the server infers from where it stands, or null.
 *
 * A driver that infers types from JavaScript values sends booleans and dates in arrays as the wrong type; text of
 * no declared type cannot be wrong. `undefined` is null, arrays are array literals, other objects are JSON.
 */
export function toBindingText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be sent to the database`);
  if (value instanceof Date) return toTimestampText(value);
  if (Array.isArray(value)) return toArrayLiteral(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(value);
}

/**
 * An array as PostgreSQL reads it: `{1,NULL,"a \"quoted\" word"}`.
 *
 * @example toArrayLiteral([1, null, 'a b']) // '{1,NULL,"a b"}'
 */
export function toArrayLiteral(items: readonly unknown[]): string {
  return `{${items.map(toArrayItem).join(',')}}`;
}

/** Minutes as an array of `timestamptz`. */
export function toTimestampArrayLiteral(minutes: readonly number[]): string {
  return toArrayLiteral(minutes.map((minute) => new Date(minute)));
}

function toArrayItem(item: unknown): string {
  if (Array.isArray(item)) return toArrayLiteral(item);
  const text = toBindingText(item);
  if (text === null) return 'NULL';
  const isPlain = typeof item === 'number' || typeof item === 'boolean' || typeof item === 'bigint';
  return isPlain ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** What an array column holds; arrays of arrays nest. */
export type ParsedArray<T> = (T | null | ParsedArray<T>)[];

/** Bounds such as `[0:2]=` may stand before an array. */
const START = /^(?:(?:\[-?\d+:-?\d+\])+=)?(?=\{)/;
/** The server knows no more dimensions. */
const MOST_DIMENSIONS = 6;

/**
 * The items of an array that PostgreSQL printed, each read by `parseItem`; an unquoted `NULL` is null.
 *
 * @throws Failure for a text that is no array, or ends before or after the array does
 * @example parseArrayLiteral('{1,NULL}', Number) // [1, null]
 */
export function parseArrayLiteral<T>(text: string, parseItem: (text: string) => T): ParsedArray<T> {
  let at = START.exec(text)?.[0].length ?? text.length;
  const noArray = () =>
    new Failure('failed', `the database gave "${text.slice(0, 60)}", expected an array such as {1,2}`);

  /** The character that comes now; there must be one. */
  const character = (): string => {
    const found = text[at];
    if (found === undefined) throw noArray();
    return found;
  };
  const parseQuoted = (): string => {
    let value = '';
    for (at += 1; character() !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      value += character();
    }
    at += 1;
    return value;
  };
  const parsePlain = (): string => {
    const start = at;
    while (!/[,{}"]/.test(character())) at += 1;
    if (at === start) throw noArray();
    return text.slice(start, at);
  };
  const parseOne = (dimension: number): T | null | ParsedArray<T> => {
    if (character() === '{') return parseList(dimension + 1);
    if (text[at] === '"') return parseItem(parseQuoted());
    const plain = parsePlain();
    return plain === 'NULL' ? null : parseItem(plain);
  };
  const parseList = (dimension: number): ParsedArray<T> => {
    if (character() !== '{' || dimension > MOST_DIMENSIONS) throw noArray();
    at += 1;
    const items: ParsedArray<T> = [];
    if (character() !== '}') items.push(parseOne(dimension));
    for (; character() === ','; items.push(parseOne(dimension))) at += 1;
    if (character() !== '}') throw noArray();
    at += 1;
    return items;
  };
  const items = parseList(1);
  if (at < text.length) throw noArray();
  return items;
}
