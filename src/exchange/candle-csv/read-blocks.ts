import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure, systemErrorCode } from '../../core/failure.js';
import { ArchiveFault } from '../archive/archive-fault.js';

/** A part of a file that ends where a line ends. */
export interface LineBlock {
  bytes: Buffer;
  /** Where it begins in the uncompressed content. */
  offset: number;
}

/** The part of a file that is read, in bytes of its uncompressed content. */
export interface ByteRange {
  from: number;
  to: number;
}

interface ReadOptions {
  /** Default: all. */
  range?: ByteRange | undefined;
  /** Gets the bytes of the file as it is, as far as they are read. */
  onBytes?: ((bytes: Buffer) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const BLOCK_BYTES = 1024 * 1024;
/** A longer line is in no file of candles. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Whether a file is compressed, by its name. */
function isGzip(path: string): boolean {
  return path.endsWith('.gz');
}

/**
 * The lines of a file in blocks of about 1 MB, so that a file of any size needs little memory. A file whose name ends in
 * `.gz` is uncompressed; there, what lies before the range is read, too.
 *
 * @throws Failure (failed) `UNREADABLE`
 * @throws ArchiveFault (`content`) when it cannot be uncompressed, or has a line that is too long
 */
export async function* readBlocks(path: string, options: ReadOptions = {}): AsyncGenerator<LineBlock> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = options.range?.from ?? 0;
  for await (const chunk of readChunks(path, options)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) yield { bytes: bytes.subarray(0, end), offset };
    offset += end;
    rest = bytes.subarray(end);
    if (rest.length > MAX_LINE_BYTES) {
      throw new ArchiveFault('content', `it has a line of more than ${MAX_LINE_BYTES} bytes`);
    }
  }
  if (rest.length > 0) yield { bytes: rest, offset };
}

async function* readChunks(path: string, options: ReadOptions): AsyncGenerator<Buffer> {
  const { range, onBytes, signal } = options;
  try {
    if (isGzip(path)) {
      yield* cutChunks(readGzip(path, options), range);
      return;
    }
    const ends = range && { start: range.from, end: range.to - 1 };
    const source = createReadStream(path, { ...ends, highWaterMark: BLOCK_BYTES, signal });
    for await (const chunk of source as AsyncIterable<Buffer>) {
      onBytes?.(chunk);
      yield chunk;
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new Failure('failed', `it could not be read: ${code}`, { code: 'UNREADABLE', cause: error });
  }
}

async function* readGzip(path: string, { onBytes, signal }: ReadOptions): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  async function* tap(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      onBytes?.(chunk);
      yield chunk;
    }
  }
  const feeding = pipeline(createReadStream(path, { signal }), tap, gunzip);
  feeding.catch(() => undefined); // the iteration below throws the same error
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) yield chunk;
    await feeding;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new ArchiveFault('content', `it cannot be uncompressed: ${error.message}`, error);
    }
    throw error;
  } finally {
    gunzip.destroy();
    await feeding.catch(() => undefined);
  }
}

/** The chunks without what lies outside of a range. */
async function* cutChunks(chunks: AsyncIterable<Buffer>, range: ByteRange | undefined): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of chunks) {
    const part = range ? chunk.subarray(Math.max(0, range.from - at), Math.max(0, range.to - at)) : chunk;
    if (part.length > 0) yield part;
    at += chunk.length;
    if (range && at >= range.to) return;
  }
}
