import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

/** The target of a writer, such as a file or a pipe. Text is UTF-8. After a write has settled, its chunk may be reused. */
export interface Sink {
  write(chunk: string | Uint8Array): Promise<void>;
}

/**
 * A sink over a stream such as standard output, which is left open. Each write waits until the stream has taken its chunk,
 * and fails with the stream's error (`EPIPE` when the reader has closed the pipe).
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

/** Size and hash of a content. */
export interface ContentDigest {
  /** Size in bytes. */
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

/** Counts and hashes bytes as they are written. */
export class Digest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(data: Uint8Array): void {
    this.#hash.update(data);
    this.#bytes += data.byteLength;
  }

  /** The digest of all added bytes; `add` fails afterwards. */
  end(): ContentDigest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
