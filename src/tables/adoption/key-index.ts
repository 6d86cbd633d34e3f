import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { type FoundIndex, type LegacyTable, quoteName } from './legacy-table.js';
import type { Refusal } from './refusal.js';

export const KEY_INDEX = 'idx_symbol_timestamp';

/** The index of that name which is not ours, but is over the same columns: it can give way to the unique one. */
export function findReplaceableIndex(table: LegacyTable): FoundIndex | undefined {
  return table.indexes.find(
    (index) => index.name === KEY_INDEX && !isKey(table, index) && isOverKey(table, index) && index.constraint === null,
  );
}

/** Refuses unique indexes that would keep our rows out, and an index that bears our index's name. */
export function refuseKeys(table: LegacyTable): Refusal[] {
  const own = new Set(table.own.map(({ name }) => name));
  return table.indexes.flatMap((index): Refusal[] => {
    const name = quoteName(index.name);
    if (index.name === KEY_INDEX) {
      if (isKey(table, index) || findReplaceableIndex(table) === index) return [];
      const problem = `the index ${KEY_INDEX} is there already, ${describe(index)}; expected unique over (symbol, timestamp)`;
      return [{ problem, remedy: `ALTER INDEX ${KEY_INDEX} RENAME TO ${KEY_INDEX}_old;` }];
    }
    const isNarrow =
      index.is_unique && index.is_plain && !index.columns.some((column) => own.has(column)) && !holdsKey(table, index);
    if (!isNarrow) return [];
    return [
      {
        problem: `the index ${name} is unique over (${index.columns.join(', ')}): it allows less than one candle a minute and symbol`,
        remedy: index.constraint
          ? `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(index.constraint)};`
          : `DROP INDEX ${name};`,
      },
    ];
  });
}

function describe(index: FoundIndex): string {
  const words = [index.is_unique ? 'unique' : 'not unique', `over (${index.columns.join(', ')})`];
  if (!index.is_plain) words.push('partial or over an expression');
  if (!index.is_immediate) words.push('deferrable');
  return words.join(', ');
}

function isKey(table: LegacyTable, index: FoundIndex): boolean {
  const leading = table.matched.find(({ name }) => name === index.columns[0]);
  const isUsable = index.is_unique && index.is_valid && index.is_immediate && isOverKey(table, index);
  return isUsable && leading?.expected.name === 'symbol';
}

function isOverKey(table: LegacyTable, index: FoundIndex): boolean {
  return index.is_plain && index.columns.length === 2 && holdsKey(table, index);
}

function holdsKey(table: LegacyTable, index: FoundIndex): boolean {
  const key = table.matched.filter(({ expected }) => expected.name === 'symbol' || expected.name === 'timestamp');
  return key.every(({ name }) => index.columns.includes(name));
}
