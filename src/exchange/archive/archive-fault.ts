/**
 * What is wrong with a file of the archive:
 *
 * | kind | meaning |
 * |---|---|
 * | `not-a-zip` | the answer is something else: HTML, an error, nothing |
 * | `checksum` | the SHA-256 differs from the published one, also after both were fetched again |
 * | `zip` | damaged, or with other entries, methods or sizes than these files have |
 * | `partial` | made before its period was over |
 * | `content` | rows that cannot be candles of this file |
 */
export type ArchiveFaultKind = 'not-a-zip' | 'checksum' | 'zip' | 'partial' | 'content';

/** A file of the archive that is not used. Its minutes are taken from the daily files, or from Binance's API. */
export class ArchiveFault extends Error {
  readonly kind: ArchiveFaultKind;

  constructor(kind: ArchiveFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ArchiveFault';
    this.kind = kind;
  }
}
