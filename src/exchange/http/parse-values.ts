import { RequestError } from './request-error.js';

/** The value as a list of at least so many items; `what` names it in the message. Throws RequestProblem (`nonsense`). */
export function expectList(value: unknown, what: string, least = 0): readonly unknown[] {
  if (Array.isArray(value) && value.length >= least) return value as readonly unknown[];
  const expected = least > 0 ? `a list of at least ${least}` : 'a list';
  throw new RequestError('nonsense', `${what} was ${showValue(value)}, expected ${expected}`);
}

/** The value as an object with fields; `what` names it in the message. Throws RequestProblem (`nonsense`). */
export function expectRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RequestError('nonsense', `${what} was ${showValue(value)}, expected an object`);
}

/** What an exchange says in words, short; anything else as `showValue` shows it. */
export function showMessage(value: unknown): string {
  return typeof value === 'string' && value.length <= 120 ? value : showValue(value);
}

/** Anything as short text for a message. */
export function showValue(value: unknown): string {
  const text = stringify(value) ?? 'undefined';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** JSON can be read at any depth, but not written: that calls itself for each list within a list. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return 'lists or objects nested too deep to be shown';
    throw error;
  }
}

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;

/** The number of a plain decimal string as exchanges write them, at most 20 digits on each side of the point; else NaN. */
export function parseDecimal(value: unknown): number {
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : NaN;
}
