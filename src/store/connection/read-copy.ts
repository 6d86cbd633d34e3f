import type { Duplex } from 'node:stream';
import { CopyRowFilter, type TakeRow } from './copy-row-filter.js';

/**
 * Runs a `COPY ... TO STDOUT` statement and hands its rows over as they come.
 *
 * @param socket the driver's, on which nothing is under way
 * @param run sends the statement and answers when the server is through with it
 */
export async function readCopy(socket: Duplex, run: () => PromiseLike<unknown>, take: TakeRow): Promise<void> {
  const [driver] = socket.listeners('data') as ((bytes: Buffer) => void)[];
  if (!driver) throw new Error('nobody listens to the server');
  const filter = new CopyRowFilter(take, driver);
  socket.on('data', filter.receive);
  socket.off('data', driver);
  try {
    await run();
  } finally {
    filter.release();
    if (!socket.destroyed) socket.prependListener('data', driver); // first again, where the next COPY looks for it
    socket.off('data', filter.receive);
  }
  filter.check();
}
