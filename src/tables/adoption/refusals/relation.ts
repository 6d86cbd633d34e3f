import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { KEY_INDEX } from '../key-index.js';
import { type LegacyTable, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import type { Refusal } from '../refusal.js';

/** Kinds of relations that cannot be adopted, by `pg_class.relkind`. */
const KINDS: Readonly<Record<string, string>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  p: 'partitioned table',
};

/** Refuses anything but a plain table that this role may alter. */
export function refuseRelation(table: LegacyTable, isDistributed: boolean): Refusal[] {
  const { kind, owner, me, may_alter: mayAlter, has_children: hasChildren } = table.relation;
  if (!mayAlter) {
    const problem = `${CHART_TABLE} belongs to "${owner}", and "${me}" may not alter it`;
    return [
      { problem, remedy: `GRANT ${quoteName(owner)} TO ${quoteName(me)};    -- or migrate as ${quoteName(owner)}` },
    ];
  }
  if (isDistributed) {
    const remedy =
      `SELECT undistribute_table('${CHART_TABLE}');    ` +
      `-- and after the migration: SELECT create_distributed_table('${CHART_TABLE}', 'symbol');`;
    return [{ problem: `${CHART_TABLE} is distributed; expected a plain table, to be distributed afterwards`, remedy }];
  }
  const word = KINDS[kind] ?? (hasChildren ? 'table with child tables' : undefined);
  if (word === undefined) return [];
  const problem = `${CHART_TABLE} is a ${word}; expected a plain table`;
  return [{ problem, remedy: kind === 'p' || hasChildren ? toCopyRemedy(table) : toMaterializeRemedy(word) }];
}

/** A table OF a type takes its columns from the type: none can be added. */
export function refuseTyped({ isTyped }: Obstacles): Refusal[] {
  if (!isTyped) return [];
  const problem = `${CHART_TABLE} is a table of a composite type; expected one whose columns can be changed`;
  return [{ problem, remedy: `ALTER TABLE ${CHART_TABLE} NOT OF;` }];
}

function toMaterializeRemedy(word: string): string {
  const old = `${CHART_TABLE}_${word.replaceAll(' ', '_')}`;
  return (
    `ALTER ${word.toUpperCase()} ${CHART_TABLE} RENAME TO ${old}; ` +
    `CREATE TABLE ${CHART_TABLE} AS SELECT * FROM ${old};`
  );
}

function toCopyRemedy(table: LegacyTable): string {
  const old = `${CHART_TABLE}_parts`;
  const columns = [...table.matched, ...table.own]
    .filter((column) => !column.is_generated)
    .sort((a, b) => a.number - b.number)
    .map((column) => quoteName(column.name))
    .join(', ');
  return (
    `ALTER TABLE ${CHART_TABLE} RENAME TO ${old}; ` +
    `ALTER INDEX IF EXISTS ${KEY_INDEX} RENAME TO ${KEY_INDEX}_parts; ` +
    `CREATE TABLE ${CHART_TABLE} (LIKE ${old} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED); ` +
    `INSERT INTO ${CHART_TABLE} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${old};`
  );
}
