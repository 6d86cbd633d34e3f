import { toArrayLiteral } from './array-literal.js';

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
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return toArrayLiteral(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(value);
}
