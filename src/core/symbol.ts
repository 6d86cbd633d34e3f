import { Failure } from './failure.js';

/**
 * A symbol as it may be written, in the words of JSON Schema that every validator understands, which do not include
 * classes of Unicode: `parseSymbols` checks the characters beyond ASCII.
 */
export const SYMBOL_PATTERN = '^([A-Za-z0-9._-]|[^\\u0000-\\u00A9\\uFEFF\\s]){1,20}$';
/** What a symbol consists of, for the end of "expected ...". */
export const SYMBOL_FORM = '1 to 20 letters, digits and . _ - as in BTCUSDT';
/** The width of the widest symbol on a terminal: a Chinese character takes two cells. */
export const MAX_SYMBOL_WIDTH = 40;

/**
 * Letters (with their marks) and decimal digits of any script, and `._-`, not in lower-case ASCII. Some characters that
 * are not drawn, such as the Hangul filler, are letters to Unicode and are excluded. Binance lists symbols with Chinese
 * names since December 2025.
 */
const STORED = /^(?!\p{M})(?:(?![a-z]|\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}._-]){1,20}$/u;

/** Whether a text is a symbol as it is stored, that is, with ASCII letters in upper case, and in NFC. */
export function isSymbol(text: string): boolean {
  return STORED.test(text) && text.normalize('NFC') === text;
}

/**
 * A text in the form in which symbols are stored: ASCII letters in upper case, NFC. Other letters keep their case,
 * because the capitals of some ("ı", "ſ", "ß") are ASCII letters, and Binance does not change the others.
 *
 * @example toStoredForm('币安人生usdt') // '币安人生USDT'
 */
export function toStoredForm(text: string): string {
  return text.normalize('NFC').replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/**
 * Upper-cases and checks symbols; repeated ones are dropped, order is kept.
 *
 * @throws Failure (usage) that names every bad symbol at once.
 */
export function parseSymbols(texts: readonly string[]): string[] {
  const symbols = texts.map((text) => toStoredForm(text.trim()));
  const bad = texts.filter((_, i) => !isSymbol(symbols[i]!));
  if (bad.length > 0) {
    throw new Failure('usage', `symbol ${bad.map((text) => JSON.stringify(text)).join(', ')} was not understood`, {
      hint: `expected ${SYMBOL_FORM}`,
    });
  }
  return [...new Set(symbols)];
}
