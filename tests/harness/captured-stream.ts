import { Writable } from 'node:stream';

/** A stream that keeps what is written to it; `isTTY` makes libraries take it for a terminal. */
export class CapturedStream extends Writable {
  text = '';
  isTTY = false;
  columns = 100;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
