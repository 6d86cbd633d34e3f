import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { KEY_INDEX } from '../key-index.js';
import { type LegacyTable, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { type Refusal, toSequenceSql } from '../refusal.js';

/** Kinds of relations that cannot be adopted, by `pg_class.relkind`. */
const KINDS: Readonly<Record<string, string>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  p: 'partitioned table',
};

/**
 * Refuses anything but a table that this role may alter: a plain one, or one that Citus distributes or TimescaleDB
 * divides.
 */
export function refuseRelation(table: LegacyTable): Refusal[] {
  const { kind, owner, me, may_alter: mayAlter, has_children: hasChildren } = table.relation;
  if (!mayAlter) {
    const problem = `${CHART_TABLE} belongs to "${owner}", and "${me}" may not alter it`;
    return [
      { problem, remedy: `GRANT ${quoteName(owner)} TO ${quoteName(me)};    -- or migrate as ${quoteName(owner)}` },
    ];
  }
  const word = KINDS[kind] ?? (hasChildren ? 'table with child tables' : undefined);
  if (word === undefined) return [...refuseParents(table), ...refuseHiddenRows(table)];
  const problem = `${CHART_TABLE} is a ${word}; expected a plain table`;
  return [{ problem, remedy: kind === 'p' || hasChildren ? toCopyRemedy(table) : toMaterializeRemedy(word) }];
}

/** Refuses to change inherited columns, which PostgreSQL changes only together with those of the parent. */
function refuseParents({ relation, matched }: LegacyTable): Refusal[] {
  const { parents, is_partition: isPartition } = relation;
  const isChanged = matched.some(
    ({ name, expected, conversion }) => name !== expected.name || conversion.kind !== 'keep',
  );
  if (!isPartition && !isChanged) return [];
  return parents.map((parent) => ({
    problem: `${CHART_TABLE} is ${isPartition ? 'a partition' : 'a child table'} of ${parent}: its columns cannot be changed alone`,
    remedy: isPartition
      ? `ALTER TABLE ${parent} DETACH PARTITION ${CHART_TABLE};`
      : `ALTER TABLE ${CHART_TABLE} NO INHERIT ${parent};`,
  }));
}

/** Refuses row-level security that may hide rows from the migration, and publications that reject its changes. */
function refuseHiddenRows({ relation }: LegacyTable): Refusal[] {
  const { me, may_hide_rows: mayHide, publications } = relation;
  return [
    ...(mayHide
      ? [
          {
            problem: `row-level security of ${CHART_TABLE} binds "${me}" and may hide rows from the migration`,
            remedy: `ALTER TABLE ${CHART_TABLE} NO FORCE ROW LEVEL SECURITY;`,
          },
        ]
      : []),
    ...(publications !== null
      ? [
          {
            problem: `${CHART_TABLE} is published by ${publications}, and nothing identifies its rows there: PostgreSQL rejects every update and deletion`,
            remedy:
              `ALTER TABLE ${CHART_TABLE} REPLICA IDENTITY FULL;` +
              `    -- after the migration, if no row lacks symbol or timestamp: ALTER TABLE ${CHART_TABLE} REPLICA IDENTITY USING INDEX ${KEY_INDEX};`,
          },
        ]
      : []),
  ];
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

/** SQL that copies the rows of all parts into a plain table. */
export function toCopyRemedy(table: LegacyTable): string {
  const old = `${CHART_TABLE}_parts`;
  const columns = [...table.matched, ...table.own]
    .filter((column) => !column.is_generated)
    .sort((a, b) => a.number - b.number)
    .map((column) => quoteName(column.name))
    .join(', ');
  return (
    `ALTER TABLE ${CHART_TABLE} RENAME TO ${old}; ` +
    `ALTER INDEX IF EXISTS ${KEY_INDEX} RENAME TO ${KEY_INDEX}_parts; ` +
    // with its keys, which tell whether rows of one minute are duplicates
    `CREATE TABLE ${CHART_TABLE} (LIKE ${old} INCLUDING ALL); ` +
    `INSERT INTO ${CHART_TABLE} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${old};` +
    table.own
      .filter((column) => column.is_identity)
      .map(({ name }) => ` ${toSequenceSql(name)}`)
      .join('')
  );
}
