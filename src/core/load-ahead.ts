import type { MinuteRange } from './range.js';

/**
 * Yields the result of `load` for each range, in order; while one is used, the next one is loaded.
 *
 * Leaving early, or a failure, waits for the load in progress: nothing runs afterwards.
 */
export async function* loadAhead<T>(
  ranges: readonly MinuteRange[],
  load: (range: MinuteRange) => Promise<T>,
): AsyncGenerator<T> {
  // settled, so that a failure is thrown only after the range before it was used
  const begin = (range: MinuteRange | undefined) => Promise.allSettled(range ? [load(range)] : []);
  let pending = begin(ranges[0]);
  try {
    for (const next of [...ranges.slice(1), undefined]) {
      const [loaded] = await pending;
      if (!loaded) return;
      if (loaded.status === 'rejected') throw loaded.reason as Error;
      pending = begin(next);
      yield loaded.value;
    }
  } finally {
    await pending;
  }
}
