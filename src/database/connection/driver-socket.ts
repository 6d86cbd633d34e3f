import { Duplex } from 'node:stream';
import { HEADER_BYTES } from '../format/messages.js';

/** Sees one message, its content from `start` up to `end`; returns true to keep it from the driver. */
export type MessageHandler = (type: number, bytes: Buffer, start: number, end: number) => boolean;

/**
 * The socket that the driver gets (its option `socket`), in front of the server's: bytes pass through unchanged, and
 * while a COPY runs, the server's messages can be inspected one by one, and kept from the driver.
 *
 * COPY needs this, because of what postgres.js offers for it: `readable()` makes three objects of each row and may
 * leave the socket paused; `writable()` never settles when the server refuses the last rows, and is destroyed before
 * its user can listen to it when the server refuses the COPY at once.
 */
export class DriverSocket extends Duplex {
  readonly #server: Duplex;
  #handler: MessageHandler | undefined;
  /** The first bytes of a message that has not arrived completely. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(server: Duplex) {
    super({ allowHalfOpen: false });
    this.#server = server;
    server.on('data', (chunk: Buffer) => this.#receive(chunk));
    server.on('error', () => undefined); // 'close' follows
    server.once('close', () => this.destroy(server.errored ?? undefined));
    this.on('error', () => undefined); // 'close' follows; the driver listens only once it has sent something
  }

  /** As of a `net.Socket`: the driver ends only an open one, and may try to do so twice. */
  get readyState(): 'open' | 'readOnly' | 'closed' {
    if (this.destroyed) return 'closed';
    return this.writable ? 'open' : 'readOnly';
  }

  /**
   * Shows each message that arrives from now on to `handler`.
   *
   * The next byte must be the first one of a message.
   *
   * @returns ends it; no answer may be under way then
   */
  inspect(handler: MessageHandler): () => void {
    this.#handler = handler;
    return () => {
      this.#handler = undefined;
      if (this.#rest.length > 0) this.push(this.#rest); // of a notice, which can arrive at any time
      this.#rest = Buffer.alloc(0);
    };
  }

  override _read(): void {
    // the driver never pauses its socket: everything is pushed as it arrives
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#server.write(chunk)) done();
    else this.#server.once('drain', done);
  }

  /** Chunks that were written together are sent together, without being copied into one. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#server.cork();
    let hasRoom = true;
    for (const { chunk } of chunks) hasRoom = this.#server.write(chunk);
    this.#server.uncork();
    if (hasRoom) done();
    else this.#server.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#server.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#server.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (!this.#handler) return void this.push(chunk);
    const start = this.#rest.length > 0 ? this.#completeRest(chunk) : 0;
    const end = this.#showMessages(chunk, start);
    if (end < chunk.length) this.#rest = chunk.subarray(end);
  }

  /**
   * Shows the message whose first bytes have arrived before, if `chunk` has the others. Only that message is copied: a
   * chunk has many.
   *
   * @returns where the next message begins in `chunk`; its length if it is part of an incomplete message
   */
  #completeRest(chunk: Buffer): number {
    const first = this.#rest;
    const header = Buffer.concat([first, chunk.subarray(0, HEADER_BYTES)]);
    const length = header.length < HEADER_BYTES ? Infinity : messageBytes(header, 0);
    const end = Math.min(chunk.length, length - first.length);
    const bytes = Buffer.concat([first, chunk.subarray(0, end)]);
    this.#rest = bytes.subarray(this.#showMessages(bytes, 0));
    return end;
  }

  /** Shows the complete messages of `bytes` from `start` on; returns where the first incomplete one begins. */
  #showMessages(bytes: Buffer, start: number): number {
    let at = start;
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + messageBytes(bytes, at);
      if (end > bytes.length) break;
      const isKept = this.#handler!(bytes[at]!, bytes, at + HEADER_BYTES, end);
      if (!isKept) this.push(bytes.subarray(at, end));
      at = end;
    }
    return at;
  }
}

/** The bytes of the message that begins at `start`. */
function messageBytes(bytes: Buffer, start: number): number {
  return 1 + bytes.readUInt32BE(start + 1);
}
