import { Failure } from '../../core/failure.js';

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
