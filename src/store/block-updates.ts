import type { Knex } from 'knex';
import { CANDLE_FIELDS } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { CHART_TABLE, SELECTED } from './chart-columns.js';
import { copyBlocksIn, type PlacedRows } from './copy-blocks-in.js';
import { toTimeText, unnestBlocks, type SqlRows } from './unnest-blocks.js';

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
  const isStaged = places.length >= STAGE_FROM_ROWS && (await mayStage(trx));
  const values = isStaged ? await stage(trx, rows) : unnestBlocks(['timestamp', ...columns], [rows]);
  const [first, last] = [places[0]!, places.at(-1)!].map((at) => toTimeText(block.openTime[at]!));
  await trx.raw(
    `UPDATE ${CHART_TABLE} t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')} FROM ${values.sql}
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp`,
    [...values.bindings, symbol, first!, last!],
  );
  if (isStaged) await trx.raw(`DROP TABLE ${STAGE}`);
}

async function stage(trx: Knex.Transaction, rows: PlacedRows): Promise<SqlRows> {
  const columns = ['symbol', ...SELECTED].join(', ');
  await trx.raw(`CREATE TEMPORARY TABLE ${STAGE} ON COMMIT DROP AS SELECT ${columns} FROM ${CHART_TABLE} LIMIT 0`);
  await copyBlocksIn(trx, STAGE, [rows]);
  return { sql: `${STAGE} AS v`, bindings: [] };
}

/** Not everybody may make temporary tables; who may not waits a little longer. */
async function mayStage(trx: Knex.Transaction): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { allowed: boolean }[] }>(
    `SELECT has_database_privilege(current_database(), 'TEMP') AS allowed`,
  );
  return rows[0]!.allowed;
}
