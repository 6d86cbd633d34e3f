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
