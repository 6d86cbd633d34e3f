import { Failure } from '../../core/failure.js';

/**
 * What comes of some work, unless it takes too long: what goes on then is left to itself.
 *
 * @throws Failure (temporary), or whatever the work throws
 */
export async function withinTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new Failure('temporary', `there was no answer within ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(failure), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
