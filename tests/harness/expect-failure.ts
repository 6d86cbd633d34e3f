import { Failure } from '../../src/core/failure.js';

/** The Failure of an asynchronous call; a success or another error fails the test. */
export async function expectFailure(work: Promise<unknown>): Promise<Failure> {
  const error = await expectError(work);
  if (error instanceof Failure) return error;
  throw error;
}

/** The Failure of a synchronous call. */
export function expectThrownFailure(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return unreachable('the call succeeded, expected a Failure');
}

/** The error of an asynchronous call, whatever it is. */
export function expectError(work: PromiseLike<unknown>): Promise<Error & { code?: string }> {
  return Promise.resolve(work).then(
    () => unreachable('the call succeeded, expected an error'),
    (error: unknown) => error as Error,
  );
}

/** Fails the test. */
export function unreachable(message: string): never {
  throw new Error(message);
}
