import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { findChanging } from '../obstacles/dependents.js';
import { type LegacyTable, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import type { Refusal } from '../refusal.js';
import type { RefusedColumn } from '../obstacles/unreadable-rows.js';

/** Receives the rows of the platform that cannot be converted; they are never deleted. */
const UNREADABLE_TABLE = `${CHART_TABLE}_unreadable`;

/**
 * Refuses types whose conversion is ambiguous, with a statement that converts them.
 *
 * Rows whose symbol, time, prices or volume cannot be converted are moved whole to a table of their own before; other
 * columns become NULL there, because chartctl computes them.
 */
export function refuseTypes(obstacles: Obstacles): Refusal[] {
  const moves = obstacles.refused.filter(({ column, unreadable }) => unreadable > 0 && isRequired(column));
  return [
    ...moves.map((refused) => ({
      problem: `${describeUnreadable(refused)}: they cannot be adopted`,
      remedy: toMoveRemedy(refused, obstacles),
    })),
    ...obstacles.refused.map((refused) => ({
      problem:
        `the column ${quoteName(refused.column.name)} is of type ${refused.column.type}; expected ${expectedType(refused)}` +
        (refused.unreadable > 0 && !isRequired(refused.column)
          ? `; ${describeUnreadable(refused)}: it becomes NULL`
          : '') +
        (refused.violated.length > 0 ? '; it has some minutes twice, in two units: the migration keeps one row' : ''),
      remedy: toTypeRemedy(refused),
    })),
  ];
}

function isRequired({ expected }: RefusedColumn['column']): boolean {
  return expected.definition === undefined;
}

function expectedType({ column, remedy }: RefusedColumn): string {
  return column.conversion.kind === 'refuse' ? column.conversion.expected : remedy.to;
}

function describeUnreadable({ column, unreadable, sample }: RefusedColumn): string {
  return `${unreadable} rows have no ${column.expected.family} in ${quoteName(column.name)} (such as ${JSON.stringify(sample)})`;
}

function toTypeRemedy({ column, remedy, violated }: RefusedColumn): string {
  const name = quoteName(column.name);
  const actions = [
    ...(column.default_value === null ? [] : [`ALTER COLUMN ${name} DROP DEFAULT`]),
    ...(column.not_null && !isRequired(column) && !column.in_primary_key ? [`ALTER COLUMN ${name} DROP NOT NULL`] : []),
    `ALTER COLUMN ${name} TYPE ${remedy.to} USING ${remedy.using}`,
  ];
  const dropped = violated.map(({ name: index, constraint }) =>
    constraint === null
      ? `DROP INDEX IF EXISTS ${quoteName(index)}; `
      : `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT IF EXISTS ${quoteName(constraint)}; `,
  );
  return `${dropped.join('')}ALTER TABLE ${CHART_TABLE} ${actions.join(', ')};`;
}

function toMoveRemedy({ remedy }: RefusedColumn, { referrers, triggers }: Obstacles): string {
  const move =
    `CREATE TABLE IF NOT EXISTS ${UNREADABLE_TABLE} (LIKE ${CHART_TABLE}); ` +
    `WITH moved AS (DELETE FROM ${CHART_TABLE} WHERE NOT (${remedy.readable}) RETURNING *) ` +
    `INSERT INTO ${UNREADABLE_TABLE} SELECT * FROM moved;`;
  // a foreign key could reject the move, or delete rows of the other table
  const freed = referrers.map(
    ({ name, table }) => `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quoteName(name)}; `,
  );
  return `${freed.join('')}${withoutTriggersSql(triggers, move)}`;
}

/** Refuses views, indexes and other objects that prevent the change of a type. */
export function refuseDependents(table: LegacyTable, { dependents }: Obstacles): Refusal[] {
  const changing = findChanging(table).map(({ name }) => name);
  return dependents.map(({ name, remove, restore }) => ({
    problem: `the ${name} depends on a column whose type must change (${changing.join(', ')})`,
    // every line of the restoring SQL is a comment, so that pasting the remedy only removes
    remedy: `${remove}    -- and after the migration: ${(restore ?? 'create it again').trim().replaceAll('\n', '\n--   ')}`,
  }));
}
