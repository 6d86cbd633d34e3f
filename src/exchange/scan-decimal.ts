const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** The most digits on each side of the point. */
const MAX_DIGITS = 20;
/** Doubles represent powers of ten exactly up to 10^22. */
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * The number of a plain decimal, the bytes from `start` up to `end`; NaN for any other text. The same as `parseDecimal`
 * of the text, without making a string of it.
 *
 * The digits without the point are a whole number, which is divided by a power of ten. Up to 2^53 - 1 both are exact,
 * and the division is rounded correctly (IEEE 754), so the result is the double nearest to the decimal. Beyond that
 * `Number` reads the text. Source: William Clinger, "How to Read Floating Point Numbers Accurately", 1990.
 *
 * @example scanDecimal(Buffer.from('12.50'), 0, 5) // 12.5
 */
export function scanDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at += 1;
  const integerStart = at;
  let digits = 0; // once it is rounded it stays above 2^53 - 1
  for (; at < end; at += 1) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    digits = digits * 10 + digit;
  }
  const integerDigits = at - integerStart;
  let fractionDigits = 0;
  if (at < end) {
    if (bytes[at] !== POINT) return NaN;
    fractionDigits = end - at - 1;
    if (fractionDigits === 0) return NaN;
    for (at += 1; at < end; at += 1) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return NaN;
      digits = digits * 10 + digit;
    }
  }
  if (integerDigits === 0 || integerDigits > MAX_DIGITS || fractionDigits > MAX_DIGITS) return NaN;
  if (digits > Number.MAX_SAFE_INTEGER) return Number(String.fromCharCode(...bytes.subarray(start, end)));
  const value = digits / POWERS_OF_TEN[fractionDigits]!;
  return isNegative ? -value : value;
}
