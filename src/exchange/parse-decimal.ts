const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;

/** The number of a plain decimal string as exchanges write them, at most 20 digits on each side of the point; else NaN. */
export function parseDecimal(value: unknown): number {
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : NaN;
}
