import { toBindingText } from './binding-text.js';

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

/** What an array column holds; arrays of arrays nest. */
export type ParsedArray<T> = (T | null | ParsedArray<T>)[];

/**
 * The items of an array that PostgreSQL printed, each read by `parseItem`; an unquoted `NULL` is null.
 *
 * @example parseArrayLiteral('{1,NULL}', Number) // [1, null]
 */
export function parseArrayLiteral<T>(text: string, parseItem: (text: string) => T): ParsedArray<T> {
  let at = text.indexOf('{'); // bounds such as [0:2]={1,2,3} stand before it

  const parseQuoted = (): string => {
    let value = '';
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      value += text[at];
    }
    at += 1;
    return value;
  };
  const parsePlain = (): string => {
    const start = at;
    while (text[at] !== ',' && text[at] !== '}') at += 1;
    return text.slice(start, at);
  };
  const parseOne = (): T | null | ParsedArray<T> => {
    if (text[at] === '{') return parseList();
    if (text[at] === '"') return parseItem(parseQuoted());
    const plain = parsePlain();
    return plain === 'NULL' ? null : parseItem(plain);
  };
  const parseList = (): ParsedArray<T> => {
    const items: ParsedArray<T> = [];
    at += 1;
    while (text[at] !== '}') {
      items.push(parseOne());
      if (text[at] === ',') at += 1;
    }
    at += 1;
    return items;
  };
  return parseList();
}
