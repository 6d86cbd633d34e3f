/** What a person may put where a declaration says `<csv|jsonl>`, `<file>` or `[symbols...]`. */
export type ValueKind =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'files' }
  | { kind: 'folders' }
  | { kind: 'symbols' }
  | { kind: 'anything' };

const KINDS: Readonly<Record<string, 'files' | 'folders' | 'symbols'>> = {
  file: 'files',
  path: 'files',
  folder: 'folders',
  directory: 'folders',
  symbol: 'symbols',
  symbols: 'symbols',
  SYMBOL: 'symbols',
};

/** Words among the choices of a declaration that stand for a value and are not typed themselves. */
const PLACEHOLDERS = new Set(['time', 'n', 'number', 'name', 'text', 'url']);

/**
 * The kind of value that an argument's name in a declaration means.
 *
 * @example toValueKind('csv|jsonl') // { kind: 'words', words: ['csv', 'jsonl'] }
 * @example toValueKind('n') // { kind: 'anything' }
 */
export function toValueKind(name: string): ValueKind {
  const parts = name.split('|');
  const kind = parts.map((part) => KINDS[part]).find((known) => known !== undefined);
  if (kind) return { kind };
  const words = parts.filter((part) => !PLACEHOLDERS.has(part));
  return parts.length > 1 ? { kind: 'words', words } : { kind: 'anything' };
}
