import { visit } from 'jsonc-parser';
import { Failure } from '../core/failure.js';

/** A JSON text that was parsed. */
interface JsonText {
  value: unknown;
  /** The line of a member or element, by its JSON pointer. */
  lineOf: (pointer: string) => number | undefined;
  /** The pointers of members that an object has twice; `JSON.parse` takes the last one. */
  repeated: readonly string[];
}

/** No configuration nests deeper, and unlimited depth would exhaust the stack. */
const MAX_DEPTH = 32;

const NAME = 'a name in double quotes';
const VALUE = 'a value';

/**
 * Parses JSON as `JSON.parse` does, and also reports lines and repeated members.
 *
 * @param name the name of the text in messages
 * @throws Failure (usage) with line and column, also for more than 32 levels
 */
export function parseJson(text: string, name: string): JsonText {
  const lines = new Map<string, number>();
  const repeated = new Set<string>();
  const closers: ('}' | ']')[] = [];
  let expected: string = VALUE;

  const refuse = (wanted: string, offset: number, line: number, column: number): never => {
    const rest = text.slice(offset);
    const word = /^(?:[\w.+-]{1,20}|[^])/u.exec(rest)?.[0];
    const found = word === undefined ? 'the end of the file' : JSON.stringify(word);
    const comment = /^\/[/*]/.test(rest) ? '; JSON has no comments' : '';
    throw new Failure('usage', `${name} is not valid JSON: found ${found} in line ${line + 1}, column ${column + 1}`, {
      hint: `expected ${wanted}${comment}`,
    });
  };
  const noteValue = (pointer: string, line: number) => {
    if (!lines.has(pointer)) lines.set(pointer, line + 1);
  };
  const afterValue = () => {
    expected = closers.length === 0 ? 'the end of the file' : `a comma or ${closers.at(-1)}`;
  };
  const open = (closer: '}' | ']') => (offset: number, _: number, line: number, column: number, path: () => Path) => {
    if (closers.length > MAX_DEPTH) refuse(`at most ${MAX_DEPTH} levels`, offset, line, column);
    noteValue(toPointer(path()), line);
    closers.push(closer);
    expected = closer === '}' ? NAME : VALUE;
  };
  // the parser also reports the end of an object or array that the text leaves open
  const close = (offset: number) => {
    if (text[offset] !== closers.at(-1)) return;
    closers.pop();
    afterValue();
  };

  visit(
    text,
    {
      onObjectBegin: open('}'),
      onObjectEnd: close,
      onArrayBegin: open(']'),
      onArrayEnd: close,
      onObjectProperty: (member, _offset, _length, line, _column, path) => {
        const pointer = toPointer([...path(), member]);
        if (lines.has(pointer)) repeated.add(pointer);
        lines.set(pointer, line + 1);
        expected = 'a colon';
      },
      onLiteralValue: (_value, _offset, _length, line, _column, path) => {
        noteValue(toPointer(path()), line);
        afterValue();
      },
      onSeparator: (character) => {
        expected = character === ',' && closers.at(-1) === '}' ? NAME : VALUE;
      },
      onError: (_code, offset, _length, line, column) => refuse(expected, offset, line, column),
    },
    { disallowComments: true },
  );
  return { value: JSON.parse(text), lineOf: (pointer) => lines.get(pointer), repeated: [...repeated] };
}

type Path = readonly (string | number)[];

/** The JSON pointer of a path: `/hooks/exec/0`. */
export function toPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
