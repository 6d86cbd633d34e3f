import { createHash } from 'node:crypto';
import { ArchiveFault } from './archive-fault.js';
import { type ArchiveFile, entryOf } from './archive-file.js';
import { type ArchiveCandles, parseArchiveCsv } from './parse-archive-csv.js';
import { parseChecksum } from './parse-checksum.js';
import { readZip } from './read-zip.js';
import type { StoredFile } from './storage.js';

/** A file as it is stored, with its SHA-256. */
interface VerifiedFile extends StoredFile {
  sha256: string;
  /** Whether a checksum was published for it; without one the zip's own CRC-32 is checked. */
  isVerified: boolean;
}

/** A file that was read, checked and parsed. */
export interface CheckedFile extends ArchiveCandles {
  /** Which file it is. */
  file: ArchiveFile;
  /** Where it was read: a URL, or a path. */
  url: string;
  /** Of the zip, in hexadecimal. */
  sha256: string;
  /** Whether a checksum was published for it; without one the zip's own CRC-32 was checked. */
  isVerified: boolean;
  /** Changes whenever the file is published anew; null if the server does not say. */
  etag: string | null;
  /** Epoch milliseconds; null if the server does not say. */
  lastModified: number | null;
  /** When the file was made: the time of its entry, epoch milliseconds. */
  entryTime: number;
}

/**
 * Compares the SHA-256 of a zip with the published one.
 *
 * @param checksum its `.CHECKSUM` file, if there is one
 * @throws ArchiveFault `not-a-zip`, or `checksum`
 */
export function verifyChecksum(zip: StoredFile, checksum: StoredFile | null, { name }: ArchiveFile): VerifiedFile {
  const { bytes } = zip;
  if (bytes.toString('latin1', 0, 2) !== 'PK') throw new ArchiveFault('not-a-zip', 'it is not a zip');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!checksum) return { ...zip, sha256, isVerified: false };
  const expected = parseChecksum(checksum.bytes.toString('utf8'), name);
  if (sha256 === expected) return { ...zip, sha256, isVerified: true };
  throw new ArchiveFault('checksum', `its SHA-256 is ${sha256}, expected ${expected}`);
}

/**
 * Unpacks and parses a zip.
 *
 * @throws ArchiveFault also for a file that was made before its period was over
 */
export async function checkContent({ bytes, ...origin }: VerifiedFile, file: ArchiveFile): Promise<CheckedFile> {
  const { content, writtenAt } = await readZip(bytes, entryOf(file));
  if (writtenAt < file.range.to) {
    const [made, end] = [writtenAt, file.range.to].map((timeMs) => new Date(timeMs).toISOString().slice(0, 16));
    throw new ArchiveFault('partial', `it was made at ${made}Z, before its ${file.period} ended at ${end}Z`);
  }
  return { ...parseArchiveCsv(content, file.range), ...origin, file, entryTime: writtenAt };
}
