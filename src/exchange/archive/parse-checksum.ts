import { ArchiveFault } from './archive-fault.js';

/** 64 hexadecimal digits, two spaces or a space and an asterisk, the name; the newline is missing in Binance's files. */
const LINE = /^([0-9a-f]{64}) [ *]([^\r\n]+)\r?\n?$/i;

/**
 * The SHA-256 in a `.CHECKSUM` file, in lower case.
 *
 * @param fileName the file that the checksum must be of
 * @throws ArchiveFault (`checksum`) for another form or another file
 */
export function parseChecksum(text: string, fileName: string): string {
  const [, hash, name] = LINE.exec(text) ?? [];
  if (hash === undefined || name === undefined) {
    const shown = JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
    throw new ArchiveFault('checksum', `its checksum file holds ${shown}, expected a SHA-256 and the file's name`);
  }
  if (name === fileName) return hash.toLowerCase();
  throw new ArchiveFault('checksum', `its checksum file is about "${name}", expected "${fileName}"`);
}
