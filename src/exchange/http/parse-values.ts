import { RequestError } from './request-error.js';

/** The value as an array of at least `min` items; `what` names it in the message. Throws RequestError (`invalid`). */
export function expectList(value: unknown, what: string, min = 0): readonly unknown[] {
  if (Array.isArray(value) && value.length >= min) return value as readonly unknown[];
  const expected = min > 0 ? `a list of at least ${min}` : 'a list';
  throw new RequestError('invalid', `${what} was ${showValue(value)}, expected ${expected}`);
}

/** The value as an object with fields; `what` names it in the message. Throws RequestError (`invalid`). */
export function expectRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RequestError('invalid', `${what} was ${showValue(value)}, expected an object`);
}

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;

/** The number of a plain decimal string as exchanges write them, at most 20 digits on each side of the point; else NaN. */
export function parseDecimal(value: unknown): number {
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : NaN;
}

/** An exchange's error message as it is, if it is a short string; anything else as `showValue` shows it. */
export function showMessage(value: unknown): string {
  return typeof value === 'string' && value.length <= 120 ? value : showValue(value);
}

/** Any value as short text for a message. */
export function showValue(value: unknown): string {
  const text = stringify(value) ?? 'undefined';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** `JSON.parse` accepts any depth, but `JSON.stringify` recurses and overflows the stack. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return 'lists or objects nested too deep to be shown';
    throw error;
  }
}
