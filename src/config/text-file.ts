import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';

/** How a file is read, and how messages name it. */
interface TextFileOptions {
  /** Subject of the messages: `the file "symbols.txt"`. */
  name: string;
  hint?: string;
  /** Larger files are refused. */
  maxBytes?: number;
}

/**
 * The text of a file in UTF-8, without byte order marks: the reader of every text that people write.
 *
 * @throws Failure (usage) for a file that is absent, a folder, too large, not readable or in another encoding
 */
export function readTextFile(path: string, { name, hint, maxBytes = Infinity }: TextFileOptions): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new Failure('usage', `${name} is a folder`, { hint });
    if (stats.size > maxBytes) {
      throw new Failure('usage', `${name} has ${stats.size} bytes`, {
        hint: `expected at most ${maxBytes}${hint ? `; ${hint}` : ''}`,
      });
    }
    return decodeText(readFileSync(path), name);
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    const problem = code === 'ENOENT' ? 'was not found' : `could not be read: ${code}`;
    throw new Failure('usage', `${name} ${problem}`, { hint, code, cause: error });
  }
}

/** The byte order marks of other encodings; that of UTF-32 begins as that of UTF-16. */
const BYTE_ORDER_MARKS: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xff, 0xfe, 0, 0], 'UTF-32, little-endian'],
  [[0, 0, 0xfe, 0xff], 'UTF-32, big-endian'],
  [[0xff, 0xfe], 'UTF-16, little-endian'],
  [[0xfe, 0xff], 'UTF-16, big-endian'],
];
const ENCODING_HINT = 'expected UTF-8: save it again with that encoding (PowerShell: Set-Content -Encoding utf8)';

/**
 * A byte order mark at the beginning of a line is removed, too: files that begin with one are joined to longer ones.
 *
 * @param name the subject of the message
 * @throws Failure (usage) that names the encoding, if it is not UTF-8
 */
function decodeText(bytes: Buffer, name: string): string {
  const encoding = detectOtherEncoding(bytes);
  if (encoding !== undefined) throw new Failure('usage', `${name} is in ${encoding}`, { hint: ENCODING_HINT });
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\uFEFF/gm, '');
  const line = findLineOutsideUtf8(bytes);
  throw new Failure('usage', `${name} is not in UTF-8: line ${line} has other bytes`, { hint: ENCODING_HINT });
}

/** UTF-16 without a byte order mark is recognised by its first two characters, if these are ASCII. */
function detectOtherEncoding(bytes: Buffer): string | undefined {
  const marked = BYTE_ORDER_MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked) return marked[1];
  const [first, second, third, fourth] = bytes;
  if (first && second === 0 && third && fourth === 0) return 'UTF-16, little-endian';
  if (first === 0 && second && third === 0 && fourth) return 'UTF-16, big-endian';
  return undefined;
}

/** The number of the first line that is not UTF-8. A line feed is no part of another character in UTF-8. */
function findLineOutsideUtf8(bytes: Buffer): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const end = bytes.indexOf('\n', from);
    if (end === -1 || !isUtf8(bytes.subarray(from, end))) return line;
    from = end + 1;
  }
}

/**
 * The lines of a list file without blank lines and comments (`#` to the end of the line).
 *
 * @param path `-` is standard input
 * @param folder the folder to which the path is relative
 * @throws Failure (usage) when the file cannot be read or lists nothing.
 */
export function readListFile(path: string, folder: string): string[] {
  const name = path === '-' ? 'standard input' : `file "${path}"`;
  const text = path === '-' ? readStandardInput() : readTextFile(resolve(folder, path), { name });
  const lines = text
    .split(/\r\n?|\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (lines.length > 0) return lines;
  throw new Failure('usage', `${name} lists nothing`, { hint: 'expected one entry a line; # begins a comment' });
}

function readStandardInput(): string {
  try {
    return decodeText(readFileSync(0), 'standard input');
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('usage', `standard input could not be read: ${code}`, { code, cause: error });
  }
}
