import { areSoundNumbers } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { createColumns, sliceColumns } from '../../rows/candle-columns.js';
import { isWithinMinute } from '../check-candles.js';
import { DecimalScanner } from '../scan-decimal.js';
import type { Klines } from './parse-responses.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Whole numbers of so many digits are exact. */
const MAX_INTEGER_DIGITS = 15;

/**
 * The content of a `klines` response, read from its bytes without a string or an object for each kline.
 *
 * Only the form that Binance usually sends is read: no white space, whole numbers and quoted decimals, every kline on the
 * minute and by all the rules of `parseKlines`, which gives the same content in several times the time.
 *
 * @returns undefined for any other response: `parseKlines` finds out what is unusual or wrong
 */
export function scanKlines(bytes: Uint8Array, range: MinuteRange): Klines | undefined {
  const limit = countMinutes(range);
  const candles = createColumns(limit);
  const { open, high, low, close, volume } = candles;
  const fields = new FieldScanner(bytes);
  let earliest = range.from;
  for (let i = 0; i < limit; i += 1) {
    fields.skip(i === 0 ? OPEN : COMMA);
    fields.skip(OPEN);
    const openTime = fields.readInteger();
    fields.skip(COMMA);
    fields.readQuoted(open, i);
    fields.skip(COMMA);
    fields.readQuoted(high, i);
    fields.skip(COMMA);
    fields.readQuoted(low, i);
    fields.skip(COMMA);
    fields.readQuoted(close, i);
    fields.skip(COMMA);
    fields.readQuoted(volume, i);
    fields.skip(COMMA);
    const closeTime = fields.readInteger();
    fields.skip(COMMA);
    fields.skipQuoted(); // quote volume
    fields.skip(COMMA);
    fields.readInteger(); // number of trades
    fields.skip(COMMA);
    fields.skipQuoted(); // taker's base volume
    fields.skip(COMMA);
    fields.skipQuoted(); // taker's quote volume
    fields.skip(COMMA);
    fields.skipQuoted(); // not in use
    fields.skip(CLOSE);
    const isExpected = openTime >= earliest && openTime < range.to && openTime % MINUTE_MS === 0;
    const isMinute =
      isWithinMinute(openTime, closeTime) && areSoundNumbers(open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!);
    if (!fields.isUsual || !isExpected || !isMinute) return undefined;
    candles.openTime[i] = openTime;
    earliest = openTime + MINUTE_MS;
    if (fields.isLast(CLOSE)) {
      const count = i + 1;
      return { candles: sliceColumns(candles, 0, count), offMinute: [], count, lastOpenTime: openTime };
    }
  }
  return undefined;
}

/** Reads the fields of klines one after the other. After something unusual, what it reads has no meaning. */
class FieldScanner {
  /** Whether everything so far was as expected. */
  isUsual = true;
  readonly #bytes: Uint8Array;
  readonly #decimals = new DecimalScanner();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skip(byte: number): void {
    if (this.#bytes[this.#at] !== byte) this.isUsual = false;
    this.#at += 1;
  }

  /** Whether only this byte is left. */
  isLast(byte: number): boolean {
    return this.#at === this.#bytes.length - 1 && this.#bytes[this.#at] === byte;
  }

  /** A whole number as JSON writes it, at least 0. */
  readInteger(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; at < bytes.length; at += 1) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    const length = at - start;
    const hasLeadingZero = length > 1 && bytes[start] === ZERO;
    if (length === 0 || length > MAX_INTEGER_DIGITS || hasLeadingZero) this.isUsual = false;
    return value;
  }

  /** Stores a decimal in quotes, NaN for another text, at an index of `target`: V8 would allocate a number that is returned. */
  readQuoted(target: Float64Array, index: number): void {
    this.skip(QUOTE);
    target[index] = this.#decimals.scan(this.#bytes, this.#at, this.#bytes.length);
    this.#at = this.#decimals.end;
    this.skip(QUOTE);
  }

  /** A string of digits and points, whose value is not needed. */
  skipQuoted(): void {
    this.skip(QUOTE);
    const bytes = this.#bytes;
    let at = this.#at;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if ((byte < ZERO || byte > NINE) && byte !== POINT) break;
    }
    this.#at = at;
    this.skip(QUOTE);
  }
}
