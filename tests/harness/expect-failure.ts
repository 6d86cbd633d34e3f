import { Failure } from '../../src/core/failure.js';

/** The Failure of a call; a success or another error fails the test. */
export async function expectFailure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the call succeeded, expected a Failure');
}
