import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles.js';
import type { Refusal } from '../refusal.js';

/**
 * Refuses types whose conversion is ambiguous, with a statement that converts them.
 *
 * @param sampleTime a value of `timestamp` as text: its length distinguishes seconds from milliseconds
 */
export function refuseTypes(table: LegacyTable, sampleTime: string | null): Refusal[] {
  return table.matched.flatMap((column) => {
    if (column.conversion.kind !== 'refuse') return [];
    const { expected } = column.conversion;
    return [
      {
        problem: `the column ${quoteName(column.name)} is of type ${column.type}; expected ${expected}`,
        remedy: toTypeRemedy(column, expected, sampleTime),
      },
    ];
  });
}

function toTypeRemedy(column: MatchedColumn, to: string, sampleTime: string | null): string {
  const name = quoteName(column.name);
  const alter = (using: string, type = to) =>
    `ALTER TABLE ${CHART_TABLE} ${column.default_value === null ? '' : `ALTER COLUMN ${name} DROP DEFAULT, `}` +
    `ALTER COLUMN ${name} TYPE ${type} USING ${using};`;
  const isNumber = /^(smallint|integer|bigint|numeric.*|double precision|real)$/.test(column.type);
  switch (column.expected.family) {
    case 'time':
      if (isNumber || /^\d{9,}(\.\d+)?$/.test(sampleTime ?? '')) {
        return alter(`to_timestamp(${name}::numeric / ${unitsPerSecond(sampleTime)})`);
      }
      return `SET timezone = 'UTC'; ${alter(`${name}::timestamptz`)}`;
    case 'boolean':
      return alter(isNumber ? `${name} <> 0` : `${name}::text::boolean`);
    case 'number':
      return alter(`${name}::text::double precision`);
    case 'text':
      return alter(`${name}::text`);
  }
}

/** Epoch numbers of this century have 10 digits in seconds, 13 in milliseconds, 16 in microseconds. */
function unitsPerSecond(sampleTime: string | null): number {
  const digits = /^\d*/.exec(sampleTime ?? '')![0].length;
  if (digits >= 15) return 1_000_000;
  return digits > 0 && digits <= 11 ? 1 : 1000;
}

/** Refuses views and indexes that prevent the change of a type. */
export function refuseDependents(table: LegacyTable, { dependents }: Obstacles): Refusal[] {
  const changing = table.matched.filter(({ conversion }) => conversion.kind === 'convert').map(({ name }) => name);
  return dependents.map(({ name, remove, restore }) => ({
    problem: `the ${name} depends on a column whose type must change (${changing.join(', ')})`,
    // every line of the restoring SQL is a comment, so that pasting the remedy only removes
    remedy: `${remove}    -- and after the migration: ${(restore ?? 'create it again').trim().replaceAll('\n', '\n--   ')}`,
  }));
}
