/** `writeDecimal` writes to no more bytes than this; those behind its text have no meaning. */
export const MAX_DECIMAL_BYTES = 25;

/** From this number on, and below the other one, PostgreSQL writes an exponent, of two digits at least. */
const [MIN_EXPONENTIAL, MIN_PLAIN] = [1e15, 1e-4];

/**
 * The shortest text that reads back as the same double, in PostgreSQL's form; a number that is not finite is an empty field.
 *
 * @example formatDecimal(1e-8) // '1e-08'
 */
export function formatDecimal(value: number): string {
  const size = Math.abs(value);
  if (size >= MIN_PLAIN && size < MIN_EXPONENTIAL) return `${value}`;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return '';
  const text = size < 1e-6 ? `${value}` : value.toExponential();
  const sign = text.lastIndexOf('e') + 1;
  return text.length - sign > 2 ? text : `${text.slice(0, sign + 1)}0${text.slice(sign + 1)}`;
}

/** Numbers of this range times a power of ten from `POWERS` have 17 digits before the point; the others are rare in prices. */
const [MIN_SCALED, MAX_SCALED] = [1e-6, 1e15];
const MIN_EXPONENT = -6;
/** 10^-6 to 10^16 by their exponents, counted from `MIN_EXPONENT`. */
const LIMITS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i + MIN_EXPONENT}`));
/** 10^0 to 10^22, which doubles hold exactly, and their upper and lower halves. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const SPLITTER = 2 ** 27 + 1;
const UPPER = POWERS.map((power) => upperHalf(power));
const LOWER = POWERS.map((power, i) => power - UPPER[i]!);
/** The lower part of 17 digits holds 8 of them. */
const LOW_BASE = 1e8;
const DIGITS = 17;
/** More than the error of the lower part: within it, the slow way decides. */
const MARGIN = 1e-6;

const [ZERO, MINUS, POINT, E] = Buffer.from('0-.e');

/**
 * Writes the text of `formatDecimal` as ASCII, in a third of the time.
 *
 * The number is multiplied by a power of ten so that it has 17 digits before the point; the product of two doubles is the
 * sum of two doubles exactly (T. J. Dekker, 1971). The shortest text is the one with 15 digits if it reads back as the same
 * number, else the nearest one with 16 if that lies within half a unit in the last place, else the nearest with 17. Where
 * rounding could change this, and for very great and small numbers, the text of the language's own conversion is taken.
 *
 * @returns the index behind the last byte
 */
export function writeDecimal(bytes: Uint8Array, start: number, value: number): number {
  const size = value < 0 ? -value : value;
  if (!(size >= MIN_SCALED && size < MAX_SCALED)) return writeAscii(bytes, start, formatDecimal(value));
  let exponent = size >= 1 ? 0 : MIN_EXPONENT;
  while (size >= LIMITS[exponent + 1 - MIN_EXPONENT]!) exponent += 1;
  let at = start;
  if (value < 0) {
    bytes[at] = MINUS!;
    at += 1;
  }
  const scale = POWERS[14 - exponent]!;
  const short = Math.round(size * scale);
  if (short / scale === size) {
    const high = Math.floor(short / 1e6);
    return placeDigits(bytes, at, exponent, high, (short - high * 1e6) * 100);
  }
  const place = 16 - exponent;
  const power = POWERS[place]!;
  const product = size * power;
  const upper = upperHalf(size);
  const lower = size - upper;
  const error = upper * UPPER[place]! - product + upper * LOWER[place]! + lower * UPPER[place]! + lower * LOWER[place]!;
  let high = Math.floor(product / LOW_BASE);
  let low = product - high * LOW_BASE + error;
  if (low < 0) {
    high -= 1;
    low += LOW_BASE;
  }
  const halfUnit = (size + size * 2 ** -53 - size) * 0.5 * power; // 0 for a power of two, whose lower neighbour is nearer
  let rounded = Math.round(low / 10) * 10;
  const distance = Math.abs(rounded - low);
  if (distance >= halfUnit - MARGIN || distance >= 5 - MARGIN) {
    rounded = Math.floor(low + 0.5);
    const isDecided = halfUnit > 0 && distance > halfUnit + MARGIN && Math.abs(rounded - low) < 0.5 - MARGIN;
    if (!isDecided) return writeAscii(bytes, start, formatDecimal(value));
  }
  if (rounded >= LOW_BASE) {
    high += 1;
    rounded -= LOW_BASE;
  }
  if (high < LOW_BASE || high >= 10 * LOW_BASE) return writeAscii(bytes, start, formatDecimal(value));
  return placeDigits(bytes, at, exponent, high, rounded);
}

/** The upper 26 bits of a double, whose product with those of another one is exact. */
function upperHalf(value: number): number {
  const spread = SPLITTER * value;
  return spread - (spread - value);
}

/** Writes 17 digits, 9 in `high` and 8 in `low`, without the zeros at their end; the first one counts 10^exponent. */
function placeDigits(bytes: Uint8Array, start: number, exponent: number, high: number, low: number): number {
  let at = start;
  const isExponential = exponent < -4;
  if (exponent < 0 && !isExponential) {
    for (let i = 0; i < 1 - exponent; i += 1) bytes[at + i] = ZERO!;
    bytes[at + 1] = POINT!;
    at += 1 - exponent;
    writeDigits(bytes, at, high, low);
    return trimZeros(bytes, at + DIGITS);
  }
  const whole = isExponential ? 1 : exponent + 1;
  writeDigits(bytes, at + 1, high, low); // the digits before the point then move to the left
  const end = Math.max(trimZeros(bytes, at + 1 + DIGITS), at + 1 + whole);
  for (let i = 0; i < whole; i += 1) bytes[at + i] = bytes[at + i + 1]!;
  bytes[at + whole] = POINT!;
  at = end === at + 1 + whole ? end - 1 : end;
  if (!isExponential) return at;
  bytes[at] = E!;
  bytes[at + 1] = MINUS!;
  bytes[at + 2] = ZERO!;
  bytes[at + 3] = ZERO! - exponent;
  return at + 4;
}

function writeDigits(bytes: Uint8Array, start: number, high: number, low: number): void {
  const upper = (high / 10_000) | 0; // 5 digits
  const first = (upper / 10_000) | 0;
  bytes[start] = ZERO! + first;
  writeFour(bytes, start + 1, upper - first * 10_000);
  writeFour(bytes, start + 5, (high | 0) - upper * 10_000);
  const middle = (low / 10_000) | 0;
  writeFour(bytes, start + 9, middle);
  writeFour(bytes, start + 13, (low | 0) - middle * 10_000);
}

/** `00` to `99`. */
const PAIRS = Buffer.from(Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0')).join(''));

function writeFour(bytes: Uint8Array, at: number, number: number): void {
  const high = (number / 100) | 0;
  const low = number - high * 100;
  bytes[at] = PAIRS[2 * high]!;
  bytes[at + 1] = PAIRS[2 * high + 1]!;
  bytes[at + 2] = PAIRS[2 * low]!;
  bytes[at + 3] = PAIRS[2 * low + 1]!;
}

function trimZeros(bytes: Uint8Array, end: number): number {
  let at = end;
  while (bytes[at - 1] === ZERO) at -= 1;
  return at;
}

function writeAscii(bytes: Uint8Array, start: number, text: string): number {
  for (let i = 0; i < text.length; i += 1) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
}
