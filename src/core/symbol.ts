import { Failure } from './failure.js';

/**
 * A symbol as it may be written, in the words of JSON Schema.
 *
 * It is checked before the text is upper-cased, because the capitals of "ı" and "ſ" are ASCII letters.
 */
export const SYMBOL_PATTERN = '^[A-Za-z0-9._-]{1,20}$';
/** What a symbol consists of, for the end of "expected ...". */
export const SYMBOL_FORM = '1 to 20 of the characters A-Z 0-9 . _ - as in BTCUSDT';

const WRITTEN = new RegExp(SYMBOL_PATTERN);
const LOWER_CASE = /[a-z]/;

/** Whether a text is a symbol as it is stored, that is, in upper case. */
export function isSymbol(text: string): boolean {
  return WRITTEN.test(text) && !LOWER_CASE.test(text);
}

/**
 * Upper-cases and checks symbols; repeated ones are dropped, order is kept.
 *
 * @throws Failure (usage) that names every bad symbol at once.
 */
export function parseSymbols(texts: readonly string[]): string[] {
  const written = texts.map((text) => text.trim());
  const bad = texts.filter((_, i) => !WRITTEN.test(written[i]!));
  if (bad.length > 0) {
    throw new Failure('usage', `symbol ${bad.map((text) => JSON.stringify(text)).join(', ')} was not understood`, {
      hint: `expected ${SYMBOL_FORM}`,
    });
  }
  return [...new Set(written.map((text) => text.toUpperCase()))];
}
