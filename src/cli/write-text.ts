import type { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';

/**
 * Writes a text and waits until the stream has taken it.
 *
 * A reader that went away (`| head`) ends the writing quietly: it has all it wanted.
 *
 * @throws Failure (failed) when the text could not be written, such as to a full disk.
 */
export function writeText(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error || isReaderGone(error)) resolve();
      else reject(new Failure('failed', `the output could not be written: ${codeOf(error)}`, { cause: error }));
    });
  });
}

/** Whether the error says that nobody reads any more. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(codeOf(error));
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
