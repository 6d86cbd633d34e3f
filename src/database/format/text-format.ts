import { Failure } from '../../core/failure.js';
import { MAX_DATE_MS } from '../../core/minute.js';

/** From this year on, and before its negative, the server's times may lie outside the range of a Date. */
const MAX_YEAR = 270_000;
/** 4713 BC, the server's first year, and 10000, from which on ISO 8601 writes a sign that the server refuses. */
const [FIRST_YEAR, SIGNED_YEAR] = [-4712, 10_000];

/**
 * A time in the form that PostgreSQL reads: ISO 8601, but years of five digits have no sign, and years before 1 are
 * followed by BC.
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
 * Reads a time as PostgreSQL prints it; one outside the range of a Date becomes its end or its beginning.
 *
 * @throws Failure for a text that is not a time
 */
export function parseTimestampText(text: string): Date {
  const [, year = '', rest = '', era] = /^(\d{4,7})(-\d\d-\d\d \d\d:\S+?)( BC)?$/.exec(text) ?? [];
  const counted = era ? 1 - Number(year) : Number(year);
  const isPlain = counted >= 1000 && counted < SIGNED_YEAR; // Date reads the year 0001 as 2001
  const time = new Date(isPlain ? text : toSigned(counted, rest));
  if (year !== '' && !Number.isNaN(time.getTime())) return time;
  if (text === 'infinity' || counted > MAX_YEAR) return new Date(MAX_DATE_MS);
  if (text === '-infinity' || counted < -MAX_YEAR) return new Date(-MAX_DATE_MS);
  throw new Failure(
    'failed',
    `the database sent "${text.slice(0, 60)}", expected a time such as 2025-06-01 12:00:00+00`,
  );
}

function toSigned(year: number, rest: string): string {
  const signed = `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${signed}${rest.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}`;
}

/**
 * A binding in the form in which it is sent: text whose type the server infers from its context, or null.
 *
 * Types inferred from JavaScript values would be wrong for booleans and dates in arrays. `undefined` becomes null,
 * arrays become array literals, other objects JSON.
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
 * An array in the form that PostgreSQL reads: `{1,NULL,"a \"quoted\" word"}`.
 *
 * @example toArrayLiteral([1, null, 'a b']) // '{1,NULL,"a b"}'
 */
export function toArrayLiteral(items: readonly unknown[]): string {
  return `{${items.map(toArrayItem).join(',')}}`;
}

/** Minutes as a literal of type `timestamptz[]`. */
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

/** The value of an array column; arrays of several dimensions nest. */
export type ParsedArray<T> = (T | null | ParsedArray<T>)[];

/** PostgreSQL's limit. */
const MAX_DIMENSIONS = 6;

/** A quoted item (its content is captured), another item, or a brace. */
const ARRAY_TOKEN = /"((?:[^"\\]|\\.)*)"|[^,{}"]+|[{}]/gs;

/**
 * The items of an array literal, each read by `parseItem`; an unquoted `NULL` is null.
 *
 * The literal is translated to JSON, whose parser is strict and fast: postgres-array 3 accepts damaged literals, and
 * its time is quadratic in quoted items (10 s for 100,000 times).
 *
 * @throws Failure for a text that is not an array literal
 * @example parseArrayLiteral('{1,NULL}', Number) // [1, null]
 */
export function parseArrayLiteral<T>(text: string, parseItem: (text: string) => T): ParsedArray<T> {
  const list = text.replace(/^(\[-?\d+:-?\d+\])+=/, ''); // bounds such as [0:2]= may precede it
  const toItem = (value: unknown, dimension: number): T | null | ParsedArray<T> => {
    if (typeof value === 'string') return parseItem(value);
    if (!Array.isArray(value)) return null;
    if (dimension > MAX_DIMENSIONS) throw notAnArray(text);
    return value.map((item: unknown) => toItem(item, dimension + 1));
  };
  if (!list.startsWith('{')) throw notAnArray(text);
  return toItem(parseArrayJson(list.replace(ARRAY_TOKEN, toJson), text), 1) as ParsedArray<T>;
}

function toJson(token: string, quoted: string | undefined): string {
  if (quoted !== undefined) return JSON.stringify(quoted.replace(/\\(.)/gs, '$1'));
  if (token === '{') return '[';
  if (token === '}') return ']';
  return token === 'NULL' ? 'null' : JSON.stringify(token);
}

function parseArrayJson(json: string, text: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw notAnArray(text);
    throw error;
  }
}

function notAnArray(text: string): Failure {
  return new Failure('failed', `the database sent "${text.slice(0, 60)}", expected an array such as {1,2}`);
}

/** A name in SQL text, whatever its characters. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
