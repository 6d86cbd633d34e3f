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
      hint: `expected ${SYMBOL_FORM}${describeSuggestions(bad)}`,
    });
  }
  return [...new Set(written.map((text) => text.toUpperCase()))];
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
