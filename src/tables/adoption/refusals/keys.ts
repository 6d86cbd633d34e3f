import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { findReplaceableIndex, holdsKey, isKey, KEY_INDEX } from '../key-index.js';
import type { LegacyRows } from '../legacy-rows.js';
import { type FoundIndex, type LegacyTable, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import type { Refusal } from '../refusal.js';

/** Refuses unique indexes that reject the rows that chartctl inserts, and another index with the name `KEY_INDEX`. */
export function refuseKeys(table: LegacyTable): Refusal[] {
  const own = new Set(table.own.map(({ name }) => name));
  return table.indexes.flatMap((index): Refusal[] => {
    const name = quoteName(index.name);
    if (index.name === KEY_INDEX) {
      if (isKey(table, index) || findReplaceableIndex(table) === index) return [];
      const problem = `the index ${KEY_INDEX} exists already, ${describeIndex(index)}; expected unique over (symbol, timestamp)`;
      return [{ problem, remedy: `ALTER INDEX ${KEY_INDEX} RENAME TO ${KEY_INDEX}_old;` }];
    }
    const isNarrow =
      index.is_unique &&
      index.is_plain &&
      !index.columns.some((column) => own.has(column)) &&
      !holdsKey(table, index.columns);
    if (!isNarrow) return [];
    return [
      {
        problem: `the index ${name} is unique over (${index.columns.join(', ')}): it allows less than one row for each symbol and minute`,
        remedy: index.constraint
          ? `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(index.constraint)};`
          : `DROP INDEX ${name};`,
      },
    ];
  });
}

function describeIndex(index: FoundIndex): string {
  const words = [index.is_unique ? 'unique' : 'not unique', `over (${index.columns.join(', ')})`];
  if (!index.is_plain) words.push('partial or over an expression');
  if (!index.is_immediate) words.push('deferrable');
  return words.join(', ');
}

/** A foreign key of another table could delete that table's rows together with a row that leaves this one. */
export function refuseReferrers(rows: LegacyRows | null, { referrers }: Obstacles): Refusal[] {
  if (!rows) return [];
  const collisions = rows.symbols.respelt.reduce((sum, symbol) => sum + symbol.collisions, 0);
  const leaving = [
    ...(rows.duplicates > 0 ? [`${rows.duplicates} duplicate rows must be removed`] : []),
    ...(rows.setAside ? [`${rows.setAside.count} rows are set aside`] : []),
    ...(collisions > 0 ? [`${collisions} rows have the minute of another row`] : []),
    ...rows.keyColumns
      .filter(({ isDistinguishing }) => isDistinguishing)
      .map(({ column }) => `rows of other values of ${quoteName(column.name)} must be moved`),
  ];
  if (leaving.length === 0) return [];
  return referrers.map(({ name, table }) => ({
    problem: `${leaving.join(', ')}, and the table ${table} refers to rows of ${CHART_TABLE}`,
    remedy: `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quoteName(name)};`,
  }));
}

/** Refuses CHECK constraints and foreign keys that reject rows that chartctl writes. */
export function refuseNarrowConstraints({ narrow }: Obstacles): Refusal[] {
  return narrow.map(({ name, definition, what }) => ({
    problem: `the constraint ${quoteName(name)} rejects rows that chartctl writes, such as ${what}: ${definition}`,
    remedy: `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(name)};    -- it was: ${definition.replaceAll('\n', '\n--   ')}`,
  }));
}
