import { isOtherVenue } from '../columns/column-kinds.js';
import { quoteName, quoteText } from '../legacy-table.js';
import type { OwnKeyColumn } from './distinguishing-columns.js';

/** A column of the platform's that has one value in all adopted rows, and what chartctl's rows get in it now. */
export interface ConstantColumn {
  name: string;
  value: string;
}

/** The columns whose default must become the value that all adopted rows have, so that later rows have it too. */
export function findConstants(columns: readonly OwnKeyColumn[]): ConstantColumn[] {
  return columns.flatMap(({ column, distinct, values, isInKey, kind }) => {
    const value = values[0]?.value;
    const isLabel = isInKey || kind !== 'other';
    if (kind === 'venue' && isOtherVenue(value ?? null)) return []; // the rows of chartctl are Binance's
    if (!isLabel || distinct !== 1 || value === null || value === undefined || column.is_generated) return [];
    return readLiteral(column.default_value) === value ? [] : [{ name: column.name, value }];
  });
}

/** The value of a default that is a constant: `'1m'::text`. */
function readLiteral(expression: string | null): string | undefined {
  const text = /^\(?'((?:[^']|'')*)'(::[\w\s."()]+)?\)?$/.exec(expression ?? '');
  return text ? text[1]!.replaceAll("''", "'") : (expression ?? undefined);
}

/** SQL that gives the constants to rows that chartctl inserts. */
export function toDefaults(constants: readonly ConstantColumn[]): string[] {
  return constants.map(
    ({ name, value }) => `ALTER COLUMN ${quoteName(name)} SET DEFAULT ${quoteText(value).replaceAll('?', '\\?')}`,
  );
}
