import { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';

/** Thrown when nobody reads the output any more (`| head`): no failure, only the end. */
export class OutputClosedError extends Error {
  constructor() {
    super('nobody reads the output any more');
    this.name = 'ReaderGone';
  }
}

/**
 * Writes to a stream and waits until it has taken everything.
 *
 * @throws ReaderGone, or Failure (failed) when it could not be written, such as to a full disk
 */
export function writeOut(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (!error) resolve();
      else reject(isPipeClosed(error) ? new OutputClosedError() : toFailure(error));
    });
  });
}

/** Prints a result: a reader that went away has all it wanted. Throws Failure (failed) when it could not be written. */
export async function print(stdout: Writable, text: string): Promise<void> {
  try {
    await writeOut(stdout, text);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

/** Prints a message. When even that fails nobody is left to be told, and the exit code speaks for itself. */
export async function printMessage(stderr: Writable, text: string): Promise<void> {
  await new Promise((resolve) => stderr.write(text, resolve));
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

/**
 * A stream that a job may write its data to and end: standard output stays open behind it.
 *
 * Its errors are its own (`OutputClosedError`, or a Failure), never the system's bare `EPIPE` or `ENOSPC`, which could as
 * well be the database's.
 */
export function toOutputStream(stdout: Writable): Writable {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writeOut(stdout, chunk).then(() => done(), done);
    },
  });
  // who writes learns of the error by the write's callback; without a listener Node would throw it as well
  return stream.on('error', () => undefined);
}
