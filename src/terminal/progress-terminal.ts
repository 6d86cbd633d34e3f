import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { readColumns } from './screen.js';
import { cutToWidth, displayWidth } from './text.js';

/**
 * The terminal of cli-progress's bars. Lines stay below its width, and the way back to the first of them is counted in
 * the rows that they take now: a terminal that was made narrower has wrapped those that were drawn before.
 */
export class ProgressTerminal {
  readonly #stream: NodeJS.WritableStream;
  /** The cells that each line below the messages takes; the cursor is on the last one. */
  #widths: number[] = [0];
  #drawnColumns = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  isTTY(): boolean {
    return true;
  }

  /** The cells that a line may take. The last one stays free: a terminal may wrap a line that fills it. */
  getWidth(): number {
    return Math.max(1, this.#columns() - 1);
  }

  /** Goes back to the first line; lines that a smaller width has wrapped are erased. */
  cursorRelativeReset(): void {
    const columns = this.#columns();
    const rows = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    if (rows > 1) moveCursor(this.#stream, 0, 1 - rows);
    cursorTo(this.#stream, 0);
    if (this.#drawnColumns !== columns && this.#drawnColumns > 0) this.clearBottom();
    this.#drawnColumns = columns;
    this.#widths = [0];
  }

  /** Writes a line's text, or with `isRaw` a message: whole lines, above those that follow. */
  write(text: string, isRaw = false): void {
    if (isRaw) {
      this.clearBottom(); // a message of several rows stands where lines were
      this.#stream.write(text);
      return;
    }
    const cut = cutToWidth(text, this.getWidth());
    this.#widths[this.#widths.length - 1] = displayWidth(cut);
    this.#stream.write(cut);
  }

  newline(): void {
    this.#stream.write('\n');
    this.#widths.push(0);
  }

  cursorTo(x: number): void {
    cursorTo(this.#stream, x);
  }

  clearLine(): void {
    clearLine(this.#stream, 0);
  }

  clearRight(): void {
    clearLine(this.#stream, 1);
  }

  clearBottom(): void {
    clearScreenDown(this.#stream);
  }

  /** The cursor and the terminal's wrapping stay as they are, so that a killed process does not leave them changed. */
  cursor(): void {}

  lineWrapping(): void {}

  #columns(): number {
    return readColumns(this.#stream, true)!;
  }
}
