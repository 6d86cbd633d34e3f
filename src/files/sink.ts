import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

/**
 * Where a writer puts its bytes, piece by piece: a file, a pipe. Text is UTF-8. Once a write has settled, nothing is
 * kept of its chunk.
 */
export interface Sink {
  write(chunk: string | Uint8Array): Promise<void>;
}

/**
 * A sink over a stream such as standard output, which stays open: each write waits until its chunk is taken.
 *
 * A write fails with the stream's own error (`EPIPE` when the reader has gone).
 */
export function toStreamSink(stream: Writable): Sink {
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk), (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

/** By what bytes are known again. */
export interface ContentDigest {
  /** How many there are. */
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

/** Counts and hashes bytes as they pass. */
export class Digest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(data: Uint8Array): void {
    this.#hash.update(data);
    this.#bytes += data.byteLength;
  }

  /** What passed; nothing can be added any more. */
  end(): ContentDigest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
