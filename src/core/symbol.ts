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

/** The usual symbols, without the classes of Unicode, which take V8 a millisecond to compile. */
const STORED_ASCII = /^[A-Z0-9._-]{1,20}$/;

/** Whether a text is a symbol as it is stored, that is, with ASCII letters in upper case, and in NFC. */
export function isSymbol(text: string): boolean {
  if (STORED_ASCII.test(text)) return true;
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
      hint: `expected ${SYMBOL_FORM}${describeSuggestions(bad)}`,
    });
  }
  return [...new Set(symbols)];
}

/** A base and a quote asset with a separator, as other exchanges and libraries write a pair: `BTC/USDT`, `BTC-USDT`. */
const SEPARATED_PAIR = /^([\p{L}\p{N}]{1,14})\s*[/_:|\s-]\s*(\p{L}[\p{L}\p{N}]{1,5})$/u;

/** What follows the separator in names of contracts that are no spot pairs. */
const CONTRACT = /^(PERP|SWAP|SPOT|FUT|INDEX|MARK|UP|DOWN|BULL|BEAR)$/;

/**
 * The symbol that Binance has for another spelling of it; undefined when the text is spelt as Binance does, or when it
 * is not recognized.
 *
 * @example suggestSymbol('btc/usdt') // 'BTCUSDT'
 * @example suggestSymbol('BTC/USDT:USDT') // undefined: a perpetual contract
 */
export function suggestSymbol(text: string): string | undefined {
  const written = text
    .normalize('NFC')
    .trim()
    .replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    .replace(/^BINANCE:/, '');
  const pair = SEPARATED_PAIR.exec(written);
  const isPair = pair !== null && !CONTRACT.test(pair[2]!);
  const symbol = isPair ? `${pair[1]}${pair[2]}` : written;
  return symbol !== text && isSymbol(symbol) ? symbol : undefined;
}

/** A question that names the symbols that were probably meant; empty when none is known. */
export function describeSuggestions(texts: readonly string[]): string {
  const suggested = texts.flatMap((text) => suggestSymbol(text) ?? []);
  return suggested.length === 0 ? '' : `; did you mean ${[...new Set(suggested)].join(', ')}?`;
}
