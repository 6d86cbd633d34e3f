import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { ArchiveFault } from './archive-fault.js';

/** The one file in a zip. */
export interface ZipEntry {
  content: Buffer;
  /** When it was put into the zip, to two seconds: the zip's local time, which is UTC in Binance's archive. */
  writtenAt: number;
}

/** A month of one-minute klines has 7 MB. */
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 };
const CENTRAL_HEADER = { signature: 0x02014b50, bytes: 46 };
const END_RECORD = { signature: 0x06054b50, bytes: 22 };
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const ZIP64 = 0xffffffff;

const inflate = promisify(inflateRaw);

/**
 * The entry of a zip that holds exactly one, of the expected name. Its size and CRC-32 are checked, because a zip without
 * a published checksum has nothing else that shows a damaged byte.
 *
 * The format: APPNOTE.TXT of PKWARE, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
 *
 * @throws ArchiveFault `not-a-zip`, or `zip` that names what was found and what was expected
 */
export async function readZip(zip: Buffer, expectedName: string): Promise<ZipEntry> {
  if (zip.length < 2 || zip.toString('latin1', 0, 2) !== 'PK') throw new ArchiveFault('not-a-zip', describeOther(zip));
  const entry = readDirectory(zip);
  if (entry.name !== expectedName) throw damaged(`its entry is "${entry.name}", expected "${expectedName}"`);
  const content = await extract(zip, entry);
  if (content.length !== entry.size) throw damaged(`its entry has ${content.length} bytes, expected ${entry.size}`);
  if (crc32(content) !== entry.crc) throw damaged('the CRC-32 of its entry is wrong');
  return { content, writtenAt: entry.writtenAt };
}

interface DirectoryEntry {
  name: string;
  method: number;
  crc: number;
  compressedSize: number;
  size: number;
  offset: number;
  writtenAt: number;
}

function readDirectory(zip: Buffer): DirectoryEntry {
  const end = zip.length - END_RECORD.bytes; // none of these files has a comment behind the record
  if (end < 0 || zip.readUInt32LE(end) !== END_RECORD.signature) throw damaged('its end is missing');
  const entries = zip.readUInt16LE(end + 10);
  if (entries !== 1) throw damaged(`it has ${entries} entries, expected 1`);
  const at = zip.readUInt32LE(end + 16);
  if (at + CENTRAL_HEADER.bytes > end || zip.readUInt32LE(at) !== CENTRAL_HEADER.signature) {
    throw damaged('its directory is missing');
  }
  const entry = {
    name: zip.toString('utf8', at + CENTRAL_HEADER.bytes, at + CENTRAL_HEADER.bytes + zip.readUInt16LE(at + 28)),
    method: zip.readUInt16LE(at + 10),
    crc: zip.readUInt32LE(at + 16),
    compressedSize: zip.readUInt32LE(at + 20),
    size: zip.readUInt32LE(at + 24),
    offset: zip.readUInt32LE(at + 42),
    writtenAt: fromDosTime(zip.readUInt16LE(at + 14), zip.readUInt16LE(at + 12)),
  };
  if (zip.readUInt16LE(at + 8) & ENCRYPTED) throw damaged('its entry is encrypted');
  if (entry.method !== STORED && entry.method !== DEFLATED) throw damaged(`its entry has method ${entry.method}`);
  if ([entry.compressedSize, entry.size, entry.offset].includes(ZIP64)) throw damaged('it is a zip64');
  if (entry.size > MAX_CONTENT_BYTES) {
    throw damaged(`its entry has ${entry.size} bytes, expected at most ${MAX_CONTENT_BYTES}`);
  }
  return entry;
}

async function extract(zip: Buffer, { method, compressedSize, size, offset }: DirectoryEntry): Promise<Buffer> {
  if (offset + LOCAL_HEADER.bytes > zip.length || zip.readUInt32LE(offset) !== LOCAL_HEADER.signature) {
    throw damaged('the header of its entry is missing');
  }
  const from = offset + LOCAL_HEADER.bytes + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const data = zip.subarray(from, from + compressedSize);
  if (data.length < compressedSize) throw damaged(`it ends after ${data.length} of ${compressedSize} bytes`);
  if (method === STORED) return data;
  try {
    return await inflate(data, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    const { message } = error as Error; // zlib's errors, and the one of too much output
    throw damaged(`its entry cannot be inflated: ${message}`, error);
  }
}

/** The date and time of MS-DOS: two seconds, minutes, hours; days, months, years from 1980. */
function fromDosTime(date: number, time: number): number {
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 15, date & 31];
  return Date.UTC(year, month - 1, day, time >> 11, (time >> 5) & 63, (time & 31) * 2);
}

function describeOther(bytes: Buffer): string {
  if (bytes.length === 0) return 'it is empty, expected a zip';
  const start = bytes.toString('latin1', 0, 40).replace(/[^\x20-\x7e]+/g, ' ');
  return `it begins with "${start}", expected a zip`;
}

function damaged(what: string, cause?: unknown): ArchiveFault {
  return new ArchiveFault('zip', what, cause);
}
