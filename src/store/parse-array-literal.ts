import { Failure } from '../core/failure.js';

/** What an array column holds; arrays of arrays nest. */
export type ParsedArray<T> = (T | null | ParsedArray<T>)[];

/**
 * The items of an array that PostgreSQL printed, each read by `parseItem`; an unquoted `NULL` is null.
 *
 * @throws Failure for a text that is no array, or ends before the array does
 * @example parseArrayLiteral('{1,NULL}', Number) // [1, null]
 */
export function parseArrayLiteral<T>(text: string, parseItem: (text: string) => T): ParsedArray<T> {
  let at = text.indexOf('{'); // bounds such as [0:2]={1,2,3} stand before it

  /** The character that comes now; there must be one. */
  const character = (): string => {
    const found = at < 0 ? undefined : text[at];
    if (found !== undefined) return found;
    throw new Failure('failed', `the database gave "${text.slice(0, 60)}", expected an array such as {1,2}`);
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
    while (character() !== ',' && character() !== '}') at += 1;
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
    character();
    at += 1;
    while (character() !== '}') {
      items.push(parseOne());
      if (text[at] === ',') at += 1;
    }
    at += 1;
    return items;
  };
  return parseList();
}
