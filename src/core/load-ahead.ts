import type { MinuteRange } from './range.js';

/**
 * What `load` gives for each stretch, in order: while one is used, the next one is loaded.
 *
 * Leaving early, and a failure, wait for what is still being loaded: nothing runs any more afterwards.
 */
export async function* loadAhead<T>(
  stretches: readonly MinuteRange[],
  load: (stretch: MinuteRange) => Promise<T>,
): AsyncGenerator<T> {
  // settled, so that a failure waits for whoever uses the stretch before it
  const begin = (stretch: MinuteRange | undefined) => Promise.allSettled(stretch ? [load(stretch)] : []);
  let coming = begin(stretches[0]);
  try {
    for (const next of [...stretches.slice(1), undefined]) {
      const [loaded] = await coming;
      if (!loaded) return;
      if (loaded.status === 'rejected') throw loaded.reason as Error;
      coming = begin(next);
      yield loaded.value;
    }
  } finally {
    await coming;
  }
}
