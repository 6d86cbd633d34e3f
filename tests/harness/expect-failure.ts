import { Failure } from '../../src/core/failure.js';

/** The Failure that a call ends with; anything else that it does fails the test. */
export async function expectFailure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the call succeeded, expected a Failure');
}
