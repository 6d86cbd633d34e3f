import { Failure, throwIfStopped } from '../../core/failure.js';
import { ArchiveFault } from '../../exchange/archive/archive-fault.js';

/** The result of reading a file, or the reason why the file is refused. */
export async function orReason<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    throwIfStopped(signal);
    const isOfFile = error instanceof ArchiveFault || (error instanceof Failure && error.code === 'UNREADABLE');
    if (isOfFile) return error.message;
    throw error;
  }
}
