import type { Knex } from 'knex';
import { CANDLE_FIELDS } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { sourceAt, type RowBlock } from '../core/row-block.js';
import { CHART_TABLE, SELECTED } from './chart-columns.js';
import { copyBlocksIn, type PlacedRows } from './copy-blocks-in.js';

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

const TYPES: Readonly<Record<string, string>> = {
  timestamp: 'timestamptz',
  iscomplete: 'bool',
  source: 'text',
  hasmissingdata: 'bool',
  written_at: 'timestamptz',
};

/** From this many rows on, copying them into a temporary table first is quicker than arrays. */
const STAGE_FROM_ROWS = 1_000;
const STAGE = 'chartctl_stage';

/** Writes the given columns of rows that are there, at ordered places of a block. */
export async function updateBlock(
  trx: Knex.Transaction,
  columns: readonly UpdatedColumn[],
  rows: PlacedRows,
): Promise<void> {
  const { symbol, block, places } = rows;
  if (places.length === 0) return;
  const isStaged = places.length >= STAGE_FROM_ROWS;
  const values = isStaged ? await stage(trx, rows) : toUnnest(['timestamp', ...columns], rows);
  const [first, last] = [places[0]!, places.at(-1)!].map((at) => toTimeText(block.openTime[at]!));
  await trx.raw(
    `UPDATE ${CHART_TABLE} t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')} FROM ${values.sql}
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp`,
    [...values.bindings, symbol, first!, last!],
  );
  if (isStaged) await trx.raw(`DROP TABLE ${STAGE}`);
}

interface SqlRows {
  sql: string;
  bindings: readonly string[];
}

async function stage(trx: Knex.Transaction, rows: PlacedRows): Promise<SqlRows> {
  const columns = ['symbol', ...SELECTED].join(', ');
  await trx.raw(`CREATE TEMPORARY TABLE ${STAGE} ON COMMIT DROP AS SELECT ${columns} FROM ${CHART_TABLE} LIMIT 0`);
  await copyBlocksIn(trx, STAGE, [rows]);
  return { sql: `${STAGE} AS v`, bindings: [] };
}

/** Rows as one array literal a column, so that a statement has few bindings whatever its size. */
function toUnnest(columns: readonly ('timestamp' | UpdatedColumn)[], { block, places }: PlacedRows): SqlRows {
  const types = columns.map((name) => `?::${TYPES[name] ?? 'float8'}[]`);
  return {
    sql: `unnest(${types.join(', ')}) AS v(${columns.join(', ')})`,
    bindings: columns.map((name) => `{${places.map(textOf(block, name)).join(',')}}`),
  };
}

/** How a column's values are written in an array literal. */
function textOf(block: RowBlock, name: 'timestamp' | UpdatedColumn): (place: number) => string {
  if (name === 'timestamp') return (place) => toTimeText(block.openTime[place]!);
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
