import { toTimestampText } from './timestamp-text.js';

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
export function toTimesLiteral(minutes: readonly number[]): string {
  return toArrayLiteral(minutes.map((minute) => new Date(minute)));
}

function toArrayItem(item: unknown): string {
  if (Array.isArray(item)) return toArrayLiteral(item);
  const text = toBindingText(item);
  if (text === null) return 'NULL';
  const isPlain = typeof item === 'number' || typeof item === 'boolean' || typeof item === 'bigint';
  return isPlain ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
