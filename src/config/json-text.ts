import { Failure } from '../core/failure.js';

/** A JSON text that was understood. */
export interface JsonText {
  value: unknown;
  /** The line of a member or element, by its JSON pointer. */
  lineOf: (pointer: string) => number | undefined;
  /** Members that an object names again, by their pointers; `JSON.parse` takes the last one. */
  repeated: readonly string[];
}

const SPACE = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const MAX_DEPTH = 32;

/**
 * Reads JSON as `JSON.parse` does, but knows where everything is and what was said twice.
 *
 * @param name what the text is called in messages
 * @throws Failure (usage) that names line and column, also for more than 32 levels
 */
export function parseJson(text: string, name: string): JsonText {
  const reader = new JsonReader(text, name);
  reader.readValue('', 0);
  reader.skip(SPACE);
  if (reader.at < text.length) throw reader.fault('the end of the file');
  return {
    value: JSON.parse(text),
    lineOf: (pointer) => {
      const start = reader.starts.get(pointer);
      return start === undefined ? undefined : text.slice(0, start).split('\n').length;
    },
    repeated: [...reader.repeated],
  };
}

class JsonReader {
  at = 0;
  readonly starts = new Map<string, number>();
  readonly repeated = new Set<string>();

  constructor(
    private readonly text: string,
    private readonly name: string,
  ) {}

  readValue(pointer: string, level: number): void {
    this.skip(SPACE);
    if (level > MAX_DEPTH) throw this.fault(`at most ${MAX_DEPTH} levels`);
    if (!this.starts.has(pointer)) this.starts.set(pointer, this.at);
    if (this.take('{')) this.readMembers(pointer, level + 1);
    else if (this.take('[')) this.readElements(pointer, level + 1);
    else if (!this.skip(TEXT) && !this.skip(SCALAR)) throw this.fault('a value');
  }

  /** Skips what the pattern finds here, and answers it. */
  skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.at += found.length;
    return found;
  }

  fault(expected: string): Failure {
    const lines = this.text.slice(0, this.at).split('\n');
    const rest = this.text.slice(this.at);
    const word = /^(?:[\w.+-]{1,20}|[^])/u.exec(rest)?.[0];
    const found = word === undefined ? 'the end of the file' : JSON.stringify(word);
    const place = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
    const comment = /^\/[/*]/.test(rest) ? '; JSON has no comments' : '';
    return new Failure('usage', `${this.name} is no JSON: found ${found} in ${place}`, {
      hint: `expected ${expected}${comment}`,
    });
  }

  private readMembers(pointer: string, level: number): void {
    this.skip(SPACE);
    if (this.take('}')) return;
    do {
      this.skip(SPACE);
      const start = this.at;
      const name = this.skip(TEXT);
      if (name === '') throw this.fault('a name in double quotes');
      const member = `${pointer}/${this.toPointerPart(JSON.parse(name) as string)}`;
      if (this.starts.has(member)) this.repeated.add(member);
      this.starts.set(member, start);
      this.skip(SPACE);
      if (!this.take(':')) throw this.fault('a colon');
      this.readValue(member, level);
      this.skip(SPACE);
    } while (this.take(','));
    if (!this.take('}')) throw this.fault('a comma or }');
  }

  private readElements(pointer: string, level: number): void {
    this.skip(SPACE);
    if (this.take(']')) return;
    let item = 0;
    do {
      this.readValue(`${pointer}/${item}`, level);
      item += 1;
      this.skip(SPACE);
    } while (this.take(','));
    if (!this.take(']')) throw this.fault('a comma or ]');
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  /** A member's name as a JSON pointer holds it. */
  private toPointerPart(name: string): string {
    if (/\p{Surrogate}/u.test(name)) throw this.fault('a name of whole characters before it');
    return name.replaceAll('~', '~0').replaceAll('/', '~1');
  }
}
