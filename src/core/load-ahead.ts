/**
 * Yields the result of `load` for each part, in order; while one is used, the next one is loaded.
 *
 * Leaving early, or a failure, waits for the load in progress: nothing runs afterwards.
 */
export async function* loadAhead<P extends object, T>(
  parts: readonly P[],
  load: (part: P) => Promise<T>,
): AsyncGenerator<T> {
  // settled, so that a failure is thrown only after the part before it was used
  const begin = (part: P | undefined) => Promise.allSettled(part ? [load(part)] : []);
  let pending = begin(parts[0]);
  try {
    for (const next of [...parts.slice(1), undefined]) {
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
