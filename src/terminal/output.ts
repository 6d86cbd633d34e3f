import { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';

/** Thrown when the reader of standard output has closed it, as in `| head`. This is not a failure. */
export class OutputClosedError extends Error {
  constructor() {
    super('standard output was closed by its reader');
    this.name = 'OutputClosedError';
  }
}

/**
 * Writes to a stream and waits until the data has been taken.
 *
 * @throws OutputClosedError, or Failure (failed) when it could not be written, such as to a full disk
 */
export function writeOut(stream: NodeJS.WritableStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (!error) resolve();
      else reject(isPipeClosed(error) ? new OutputClosedError() : toFailure(error));
    });
  });
}

/**
 * Prints a result. A closed output is not an error.
 *
 * @throws Failure (failed) when it could not be written
 */
export async function print(stdout: NodeJS.WritableStream, text: string): Promise<void> {
  try {
    await writeOut(stdout, text);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

/** Prints a message. An error is ignored: there is no other place to report it, and the exit code remains. */
export async function printMessage(stderr: NodeJS.WritableStream, text: string): Promise<void> {
  await new Promise((resolve) => stderr.write(text, resolve));
}

/**
 * A stream that a job may write its data to and end, while standard output stays open.
 *
 * Its errors are `OutputClosedError` or a Failure, never a bare `EPIPE` or `ENOSPC`, which could as well be the
 * database's.
 */
export function toOutputStream(stdout: NodeJS.WritableStream): Writable {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writeOut(stdout, chunk).then(() => done(), done);
    },
  });
  // the callback of the write reports the error; without a listener Node would throw it as well
  return stream.on('error', () => undefined);
}

function isPipeClosed(error: Error): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(codeOf(error));
}

function toFailure(error: Error): Failure {
  return new Failure('failed', `the output could not be written: ${codeOf(error)}`, {
    code: codeOf(error),
    hint: 'check where standard output goes',
    cause: error,
  });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
