import type { FoundIndex, LegacyTable } from './legacy-table.js';

/** The unique index over (symbol, timestamp), which ON CONFLICT needs. */
export const KEY_INDEX = 'idx_symbol_timestamp';

/** An index with the name `KEY_INDEX` over the same columns that is not the key: the migration replaces it. */
export function findReplaceableIndex(table: LegacyTable): FoundIndex | undefined {
  return table.indexes.find(
    (index) => index.name === KEY_INDEX && !isKey(table, index) && isOverKey(table, index) && index.constraint === null,
  );
}

/** Whether the index is a unique, usable key over (symbol, timestamp). */
export function isKey(table: LegacyTable, index: FoundIndex): boolean {
  const leading = table.matched.find(({ name }) => name === index.columns[0]);
  const isUsable = index.is_unique && index.is_valid && index.is_immediate && isOverKey(table, index);
  return isUsable && leading?.expected.name === 'symbol';
}

function isOverKey(table: LegacyTable, index: FoundIndex): boolean {
  return index.is_plain && index.columns.length === 2 && holdsKey(table, index.columns);
}

/** Whether an index over these columns contains both columns of the key. */
export function holdsKey(table: LegacyTable, columns: readonly string[]): boolean {
  const names = ['symbol', 'timestamp'].map((name) => table.matched.filter(({ expected }) => expected.name === name));
  return names.every((candidates) => candidates.some(({ name }) => columns.includes(name)));
}
