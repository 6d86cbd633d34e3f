import type { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';

/** Thrown when nobody reads the output any more (`| head`): no failure, only the end. */
export class ReaderGone extends Error {
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
      else reject(isPipeClosed(error) ? new ReaderGone() : toFailure(error));
    });
  });
}

/** Prints a result: a reader that went away has all it wanted. Throws Failure (failed) when it could not be written. */
export async function print(stdout: Writable, text: string): Promise<void> {
  try {
    await writeOut(stdout, text);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
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
