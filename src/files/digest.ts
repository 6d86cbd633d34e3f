import { createHash } from 'node:crypto';

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
