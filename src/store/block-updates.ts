import type { Knex } from 'knex';
import { CANDLE_FIELDS } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { sourceAt, type RowBlock } from '../core/row-block.js';
import { CHART_TABLE } from './chart-columns.js';

/** Columns that an update may write. */
type UpdatedColumn = (typeof CANDLE_CHANGE)[number];

/** What a change of the candle writes: all but symbol and time. */
export const CANDLE_CHANGE = [
  ...CANDLE_FIELDS,
  ...INDICATOR_COLUMNS,
  'iscomplete',
  'source',
  'hasmissingdata',
  'written_at',
] as const;

/** What a rebuild writes. */
export const INDICATOR_CHANGE = [...INDICATOR_COLUMNS, 'iscomplete'] as const;

const TYPES: Readonly<Partial<Record<UpdatedColumn, string>>> = {
  iscomplete: 'bool',
  source: 'text',
  hasmissingdata: 'bool',
  written_at: 'timestamptz',
};

/** Writes the given columns of rows that are there, at ordered places of a block; answers how many were written. */
export async function updateBlock(
  trx: Knex.Transaction,
  symbol: string,
  columns: readonly UpdatedColumn[],
  block: RowBlock,
  places: readonly number[],
): Promise<number> {
  if (places.length === 0) return 0;
  const types = columns.map((name) => `?::${TYPES[name] ?? 'float8'}[]`);
  const timeAt = (place: number) => toTimeText(block.openTime[place]!);
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `UPDATE ${CHART_TABLE} t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')}
     FROM unnest(?::timestamptz[], ${types.join(', ')}) AS v(timestamp, ${columns.join(', ')})
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp RETURNING 1`,
    [
      literalOf(places, timeAt),
      ...columns.map((name) => literalOf(places, textOf(block, name))),
      symbol,
      timeAt(places[0]!),
      timeAt(places.at(-1)!),
    ],
  );
  return rows.length;
}

/** An array literal: one text a place. */
function literalOf(places: readonly number[], textAt: (place: number) => string): string {
  return `{${places.map(textAt).join(',')}}`;
}

/** How a column's values are written in an array literal. */
function textOf(block: RowBlock, name: UpdatedColumn): (place: number) => string {
  if (name === 'iscomplete') return (place) => toBooleanText(block.isComplete[place]!);
  if (name === 'hasmissingdata') return (place) => toBooleanText(block.hasMissingData[place]!);
  if (name === 'source') return (place) => sourceAt(block, place);
  if (name === 'written_at') return (place) => toTimeText(block.writtenAt[place]!);
  const numbers = block[name];
  return (place) => toNumberText(numbers[place]!);
}

function toBooleanText(mark: number): string {
  return mark === 1 ? 't' : 'f';
}

function toNumberText(value: number): string {
  return Number.isNaN(value) ? 'NULL' : String(value);
}

function toTimeText(epochMs: number): string {
  return Number.isNaN(epochMs) ? 'NULL' : new Date(epochMs).toISOString();
}
