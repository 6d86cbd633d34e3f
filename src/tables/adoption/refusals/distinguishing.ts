import { quoteForShell } from '../../../core/shell-words.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type ColumnValue, differsSql, equalsSql, type OwnKeyColumn } from '../rows/distinguishing-columns.js';
import type { LegacyRows } from '../legacy-rows.js';
import { quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { type PlatformTrigger, withoutTriggersSql } from '../obstacles/platform-triggers.js';
import { type Refusal, toMoveStatement } from '../refusal.js';

/** Values that a message shows with their numbers of rows. */
const MAX_SHOWN = 8;

/** Refuses rows that a column of the platform tells apart: one symbol and minute has one candle in this table. */
export function refuseDistinguishing(rows: LegacyRows | null, { triggers }: Obstacles): Refusal[] {
  const columns = rows?.keyColumns.filter(({ isDistinguishing }) => isDistinguishing) ?? [];
  return columns.map((column) => ({
    problem: describeProblem(column),
    remedy: toRemedy(column, columns, { condition: rows?.setAside?.condition, triggers }),
  }));
}

function describeProblem(found: OwnKeyColumn): string {
  const name = quoteName(found.column.name);
  const values = describeValues(found.values, found.distinct);
  if (found.kind === 'interval' && found.distinct === 1) {
    return `every row has the ${name} ${values}; expected candles of one minute`;
  }
  const where = found.differingMinutes > 0 ? `, and ${found.differingMinutes} minutes have rows that differ in it` : '';
  const key = found.isInKey ? ' and belongs to a unique key' : '';
  return `the column ${name} tells rows apart${key} (${values})${where}: these rows are not duplicates; expected one candle for each symbol and minute`;
}

function describeValues(values: readonly ColumnValue[], distinct: number): string {
  const shown = values.slice(0, MAX_SHOWN).map(({ value, count }) => {
    return `${value === null ? 'NULL' : JSON.stringify(value)} in ${count} rows`;
  });
  return shown.join(', ') + (distinct > shown.length ? `, and ${distinct - shown.length} other values` : '');
}

function toRemedy(
  found: OwnKeyColumn,
  all: readonly OwnKeyColumn[],
  { condition, triggers }: { condition: string | undefined; triggers: readonly PlatformTrigger[] },
): string {
  const { column, chosen } = found;
  if (chosen === undefined) {
    return (
      `ALTER TABLE ${CHART_TABLE} RENAME TO ${CHART_TABLE}_other;` +
      `    -- chartctl then creates a table of its own for one-minute candles`
    );
  }
  const move = toMoveStatement(differsSql(column.name, chosen), `other_${column.name}`);
  const statements = withoutTriggersSql(triggers, move);
  if (found !== all.at(-1)) return statements;
  const wanted = all.flatMap((other) =>
    other.chosen === undefined ? [] : [equalsSql(other.column.name, other.chosen)],
  );
  const combined = [...(condition === undefined ? [] : [`(${condition})`]), ...wanted].join(' AND ');
  const ignored = all.map((other) => other.column.name).join(',');
  return [
    statements,
    `-- or let the migration move them: chartctl migrate --where ${quoteForShell(combined)}`,
    `-- or, if these rows are copies of one candle all the same: chartctl migrate --ignore-difference ${quoteForShell(ignored)}`,
  ].join('\n');
}
