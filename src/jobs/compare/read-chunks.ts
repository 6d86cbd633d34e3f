import { throwIfStopped } from '../../core/failure.js';
import { type MinuteRange, splitRange } from '../../core/range.js';
import type { Blocks } from '../../files/formats/format.js';
import { CHUNK_MINUTES } from '../../tables/past/past-rows.js';

/**
 * The rows of symbols in their order, read chunk by chunk as they are asked for. Between two chunks no statement is under
 * way, so that the connection can be used for others.
 */
export async function* readChunks(
  symbols: readonly string[],
  rangeOf: (symbol: string) => MinuteRange | null | Promise<MinuteRange | null>,
  read: (symbol: string, chunk: MinuteRange) => Blocks,
  signal?: AbortSignal,
): Blocks {
  for (const symbol of symbols) {
    const range = await rangeOf(symbol);
    if (!range || range.from >= range.to) continue;
    for (const chunk of splitRange(range, CHUNK_MINUTES)) {
      throwIfStopped(signal);
      yield* read(symbol, chunk);
    }
  }
  throwIfStopped(signal);
}
