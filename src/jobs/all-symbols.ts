import { isSymbol } from '../core/symbol.js';
import { findSymbols } from '../store/chart-rows.js';
import type { StoreContext } from './context.js';

/** Texts that are shown; the others are counted. */
const SHOWN = 3;

/**
 * What `--all` means: every symbol of the table that a person could have named.
 *
 * A table that was there before may hold anything in its place. Such rows stay as they are, and it is said that they do:
 * what they are called would get into file names, metrics and commands unchecked.
 */
export async function findAllSymbols({ store, onNotice }: Pick<StoreContext, 'store' | 'onNotice'>): Promise<string[]> {
  const stored = await findSymbols(store.knex);
  const strange = stored.filter((text) => !isSymbol(text));
  if (strange.length > 0) onNotice?.(describeStrange(strange));
  return stored.filter(isSymbol);
}

function describeStrange(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN).map((text) => JSON.stringify(text));
  const others = texts.length > SHOWN ? `, and ${texts.length - SHOWN} more` : '';
  return (
    `--all passes over rows whose symbol is none: ${shown.join(', ')}${others}; ` +
    'expected 1 to 20 of the characters A-Z 0-9 . _ -: rename them in the table'
  );
}
