import { Writable } from 'node:stream';

const SEQUENCE = /\u001b\[(\d*)([A-Z])/y; // eslint-disable-line no-control-regex

/**
 * A terminal that shows what a program writes: it wraps long lines, wraps them anew at another width, as most terminals
 * do, and knows the sequences that move the cursor and erase. Every character takes one cell.
 */
export class EmulatedTerminal extends Writable {
  readonly isTTY = true;
  columns: number;
  /** Lines as they were written; a row of the screen is a part of one. */
  readonly #lines: string[] = [''];
  #line = 0;
  #offset = 0;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** The rows of the screen, without empty ones at the end. */
  get rows(): string[] {
    const rows = this.#lines.flatMap((line) => {
      const count = this.#rowsOf(line);
      return Array.from({ length: count }, (_, i) => line.slice(i * this.columns, (i + 1) * this.columns).trimEnd());
    });
    while (rows.at(-1) === '') rows.pop();
    return rows;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    for (let at = 0; at < text.length;) {
      SEQUENCE.lastIndex = at;
      const found = SEQUENCE.exec(text);
      if (found) this.#control(found[2]!, Number(found[1] || 0));
      else this.#print(text[at]!);
      at += found ? found[0].length : 1;
    }
    done();
  }

  #rowsOf(line: string): number {
    return Math.max(1, Math.ceil(line.length / this.columns));
  }

  #print(character: string): void {
    if (character === '\n') {
      this.#line += 1;
      this.#offset = 0;
      this.#lines[this.#line] ??= '';
      return;
    }
    const line = this.#lines[this.#line]!.padEnd(this.#offset);
    this.#lines[this.#line] = line.slice(0, this.#offset) + character + line.slice(this.#offset + 1);
    this.#offset += 1;
  }

  #control(command: string, count: number): void {
    const line = this.#lines[this.#line]!;
    const row = Math.floor(this.#offset / this.columns);
    if (command === 'A') this.#moveUp(Math.max(1, count));
    else if (command === 'G') this.#offset = row * this.columns + Math.max(1, count) - 1;
    else if (command === 'K')
      this.#lines[this.#line] = count === 2 ? line.slice(0, row * this.columns) : line.slice(0, this.#offset);
    else if (command === 'J') {
      this.#lines[this.#line] = line.slice(0, this.#offset);
      this.#lines.length = this.#line + 1;
    } else throw new Error(`unknown sequence ${command}`);
  }

  #moveUp(rows: number): void {
    const column = this.#offset % this.columns;
    let row = Math.floor(Math.max(0, this.#offset - (column === 0 && this.#offset > 0 ? 1 : 0)) / this.columns) - rows;
    while (row < 0 && this.#line > 0) {
      this.#line -= 1;
      row += this.#rowsOf(this.#lines[this.#line]!);
    }
    this.#offset = Math.max(0, row) * this.columns + column;
  }
}
