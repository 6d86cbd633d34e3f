import { Writable } from 'node:stream';

/** A stream that keeps what is written to it; `isTTY` makes libraries take it for a terminal. */
export class CapturedStream extends Writable {
  readonly #chunks: Buffer[] = [];
  isTTY = false;
  columns = 100;

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
