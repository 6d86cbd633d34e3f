import type { Writable } from 'node:stream';
import type { Sink } from './sink.js';

/**
 * A sink over a stream such as standard output, which stays open: each write waits until its chunk is taken.
 *
 * A write fails with the stream's own error (`EPIPE` when the reader has gone).
 */
export function toStreamSink(stream: Writable): Sink {
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk), (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}
