import { Failure } from './failure.js';

const SYMBOL_PATTERN = /^[A-Z0-9._-]{1,20}$/;
/** As people may write it. Checked before capitals are made: those of "ı" and "ſ" are letters of ASCII. */
const WRITTEN_PATTERN = /^[A-Za-z0-9._-]{1,20}$/;

/** Whether a text is a symbol as it is stored. */
export function isSymbol(text: string): boolean {
  return SYMBOL_PATTERN.test(text);
}

/**
 * Upper-cases and checks symbols; repeated ones are dropped, order is kept.
 *
 * @throws Failure (usage) that names every bad symbol at once.
 */
export function parseSymbols(texts: readonly string[]): string[] {
  const written = texts.map((text) => text.trim());
  const bad = texts.filter((_, i) => !WRITTEN_PATTERN.test(written[i]!));
  if (bad.length > 0) {
    throw new Failure('usage', `symbol ${bad.map((text) => JSON.stringify(text)).join(', ')} was not understood`, {
      hint: 'expected 1 to 20 of the characters A-Z 0-9 . _ - as in BTCUSDT',
    });
  }
  return [...new Set(written.map((text) => text.toUpperCase()))];
}
