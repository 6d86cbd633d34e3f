import { CHART_TABLE } from '../../chart-columns.js';
import { quoteName, type LegacyTable, type MatchedColumn } from './table.js';
import type { Refusal } from './refusal.js';

/**
 * Refuses the types whose meaning only a person knows, with the statement that converts them.
 *
 * @param sampleTime a value of `timestamp` as text: its length tells seconds from milliseconds
 */
export function refuseTypes(table: LegacyTable, sampleTime: string | null): Refusal[] {
  return table.matched.flatMap((column) => {
    if (column.verdict.verdict !== 'refuse') return [];
    const { expected } = column.verdict;
    return [
      {
        problem: `the column ${quoteName(column.name)} is of type ${column.type}; expected ${expected}`,
        remedy: toRemedy(column, expected, sampleTime),
      },
    ];
  });
}

function toRemedy(column: MatchedColumn, to: string, sampleTime: string | null): string {
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

/** Epoch numbers of our time have 10 digits in seconds, 13 in milliseconds, 16 in microseconds. */
function unitsPerSecond(sampleTime: string | null): number {
  const digits = /^\d*/.exec(sampleTime ?? '')![0].length;
  if (digits >= 15) return 1_000_000;
  return digits > 0 && digits <= 11 ? 1 : 1000;
}
