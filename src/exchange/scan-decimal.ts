const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** The most digits on each side of the point. */
const MAX_DIGITS = 20;
/** Doubles represent powers of ten exactly up to 10^22. */
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** Reads plain decimals from bytes, without a string of each. */
export class DecimalScanner {
  /** The index after the last byte of the decimal that was read. */
  end = 0;

  /**
   * The number of the plain decimal that begins at `start` and ends before `limit`, or before the first byte that cannot
   * belong to it; NaN where none begins. The same as `parseDecimal` of its text.
   *
   * The digits without the point are a whole number, which is divided by a power of ten. Up to 2^53 - 1 both are exact,
   * and the division is rounded correctly (IEEE 754), so the result is the double nearest to the decimal. Beyond that
   * `Number` reads the text. Source: William Clinger, "How to Read Floating Point Numbers Accurately", 1990.
   */
  scan(bytes: Uint8Array, start: number, limit: number): number {
    let at = start;
    const isNegative = at < limit && bytes[at] === MINUS;
    if (isNegative) at += 1;
    const integerStart = at;
    let digits = 0; // once it is rounded it stays above 2^53 - 1
    for (; at < limit; at += 1) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    const integerDigits = at - integerStart;
    let fractionDigits = 0;
    const hasPoint = at < limit && bytes[at] === POINT;
    if (hasPoint) {
      const fractionStart = at + 1;
      for (at = fractionStart; at < limit; at += 1) {
        const digit = bytes[at]! - ZERO;
        if (digit < 0 || digit > 9) break;
        digits = digits * 10 + digit;
      }
      fractionDigits = at - fractionStart;
    }
    this.end = at;
    if (integerDigits === 0 || integerDigits > MAX_DIGITS) return NaN;
    if (hasPoint && (fractionDigits === 0 || fractionDigits > MAX_DIGITS)) return NaN;
    if (digits > Number.MAX_SAFE_INTEGER) return Number(String.fromCharCode(...bytes.subarray(start, at)));
    const value = digits / POWERS_OF_TEN[fractionDigits]!;
    return isNegative ? -value : value;
  }
}

const scanner = new DecimalScanner();

/**
 * The number of a plain decimal, the bytes from `start` up to `end`; NaN for any other text.
 *
 * @example scanDecimal(Buffer.from('12.50'), 0, 5) // 12.5
 */
export function scanDecimal(bytes: Uint8Array, start: number, end: number): number {
  const value = scanner.scan(bytes, start, end);
  return scanner.end === end ? value : NaN;
}
