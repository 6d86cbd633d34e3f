import type { CandleField } from '../core/candle.js';
import type { IndicatorColumn } from '../core/indicator-columns.js';
import { sourceAt } from '../core/row-block.js';
import { toArrayLiteral } from './connection/binding-text.js';
import type { PlacedRows } from './copy-blocks-in.js';
import { toTimestampText } from './connection/timestamp-text.js';

/** A column as it stands in an array: its type, and a row's value. */
interface Unnested {
  type: 'text' | 'timestamptz' | 'bool' | 'float8';
  textAt: (part: PlacedRows, place: number) => string;
}

const NOT_NUMBERS = {
  symbol: { type: 'text', textAt: ({ symbol }) => toArrayLiteral([symbol]).slice(1, -1) },
  timestamp: { type: 'timestamptz', textAt: ({ block }, place) => toTimeText(block.openTime[place]!) },
  source: { type: 'text', textAt: ({ block }, place) => sourceAt(block, place) },
  hasmissingdata: { type: 'bool', textAt: ({ block }, place) => toBooleanText(block.hasMissingData[place]!) },
  iscomplete: { type: 'bool', textAt: ({ block }, place) => toBooleanText(block.isComplete[place]!) },
  written_at: { type: 'timestamptz', textAt: ({ block }, place) => toTimeText(block.writtenAt[place]!) },
} satisfies Record<string, Unnested>;

type NumberColumn = CandleField | IndicatorColumn;
export type UnnestedColumn = NumberColumn | keyof typeof NOT_NUMBERS;

/** A FROM item, and what stands for its question marks. */
export interface SqlRows {
  sql: string;
  bindings: readonly string[];
}

/** Rows as one array literal a column, so that a statement has few bindings whatever its size. */
export function unnestBlocks(names: readonly UnnestedColumn[], parts: readonly PlacedRows[]): SqlRows {
  const columns = names.map(columnOf);
  return {
    sql: `unnest(${columns.map(({ type }) => `?::${type}[]`).join(', ')}) AS v(${names.join(', ')})`,
    bindings: columns.map(({ textAt }) => {
      const texts = parts.flatMap((part) => part.places.map((place) => textAt(part, place)));
      return `{${texts.join(',')}}`;
    }),
  };
}

function columnOf(name: UnnestedColumn): Unnested {
  if (isNotNumber(name)) return NOT_NUMBERS[name];
  return { type: 'float8', textAt: ({ block }, place) => toNumberText(block[name][place]!) };
}

function isNotNumber(name: UnnestedColumn): name is keyof typeof NOT_NUMBERS {
  return name in NOT_NUMBERS;
}

/** A time in an array literal; NaN is NULL. */
export function toTimeText(epochMs: number): string {
  return Number.isNaN(epochMs) ? 'NULL' : toTimestampText(new Date(epochMs));
}

function toBooleanText(mark: number): string {
  return mark === 1 ? 't' : 'f';
}

function toNumberText(value: number): string {
  return Number.isNaN(value) ? 'NULL' : String(value);
}
