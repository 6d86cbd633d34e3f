import { Writable } from 'node:stream';
import { writeOut } from './write-out.js';

/**
 * A stream that a job may write its data to and end: standard output stays open behind it.
 *
 * Its errors are its own (`ReaderGone`, or a Failure), never the system's bare `EPIPE` or `ENOSPC`, which could as
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
