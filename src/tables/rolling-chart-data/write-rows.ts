import type { Knex } from 'knex';
import { CANDLE_FIELDS } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { toTimestampArrayLiteral } from '../../database/format/text-format.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { type BlockRows, copyBlocksIn, type SqlRows, toTimeText, unnestBlocks } from './block-encoding.js';
import { CHART_COLUMNS, CHART_TABLE } from './columns.js';
import { inRange } from './read-rows.js';

/** Columns that an update may write. */
type UpdatedColumn = (typeof CANDLE_UPDATE_COLUMNS)[number];

/** What a change of the candle writes: all but symbol and time. */
export const CANDLE_UPDATE_COLUMNS = [
  ...CANDLE_FIELDS,
  ...INDICATOR_COLUMNS,
  'iscomplete',
  'source',
  'hasmissingdata',
  'written_at',
] as const;

/** What a rebuild writes. */
export const INDICATOR_UPDATE_COLUMNS = [...INDICATOR_COLUMNS, 'iscomplete'] as const;

/** From this many rows on, copying them into a temporary table first is quicker than arrays. */
const MIN_STAGED_ROWS = 1_000;
const STAGING_TABLE = 'chartctl_stage';

/** Writes the given columns of rows that are there, at ordered places of a block. */
export async function updateBlock(
  trx: Knex.Transaction,
  columns: readonly UpdatedColumn[],
  rows: BlockRows,
): Promise<void> {
  const { symbol, block, places } = rows;
  if (places.length === 0) return;
  const isStaged = places.length >= MIN_STAGED_ROWS && (await mayCreateTemporaryTable(trx));
  const values = isStaged ? await fillStagingTable(trx, rows) : unnestBlocks(['timestamp', ...columns], [rows]);
  const [first, last] = [places[0]!, places.at(-1)!].map((at) => toTimeText(block.openTime[at]!));
  await trx.raw(
    `UPDATE ${CHART_TABLE} t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')} FROM ${values.sql}
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp`,
    [...values.bindings, symbol, first!, last!],
  );
  if (isStaged) await trx.raw(`DROP TABLE ${STAGING_TABLE}`);
}

async function fillStagingTable(trx: Knex.Transaction, rows: BlockRows): Promise<SqlRows> {
  const columns = ['symbol', ...CHART_COLUMNS].join(', ');
  await trx.raw(
    `CREATE TEMPORARY TABLE ${STAGING_TABLE} ON COMMIT DROP AS SELECT ${columns} FROM ${CHART_TABLE} LIMIT 0`,
  );
  await copyBlocksIn(trx, STAGING_TABLE, [rows]);
  return { sql: `${STAGING_TABLE} AS v`, bindings: [] };
}

/** Not everybody may make temporary tables; who may not waits a little longer. */
async function mayCreateTemporaryTable(trx: Knex.Transaction): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { allowed: boolean }[] }>(
    `SELECT has_database_privilege(current_database(), 'TEMP') AS allowed`,
  );
  return rows[0]!.allowed;
}

/** Deletes rows by minute; answers how many were there. */
export async function removeRows(trx: Knex.Transaction, symbol: string, minutes: readonly Minute[]): Promise<number> {
  if (minutes.length === 0) return 0;
  const [from, last] = minutes.reduce(([a, b], m) => [Math.min(a, m), Math.max(b, m)], [Infinity, -Infinity]);
  const removed = await inRange(trx, symbol, { from, to: last + MINUTE_MS })
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toTimestampArrayLiteral(minutes)])
    .delete(['timestamp']);
  return removed.length;
}

/** From this many rows on, COPY beats one INSERT. */
const COPY_FROM_ROWS = 200;

/**
 * Stores rows of blocks whose minutes are not there yet.
 *
 * @throws SQLSTATE 23505 for a row that somebody else added meanwhile: repeat the transaction
 */
export async function insertBlocks(trx: Knex.Transaction, parts: readonly BlockRows[]): Promise<void> {
  const count = parts.reduce((sum, { places }) => sum + places.length, 0);
  if (count >= COPY_FROM_ROWS) return copyBlocksIn(trx, CHART_TABLE, parts);
  if (count === 0) return;
  const columns = ['symbol', ...CHART_COLUMNS] as const;
  const { sql, bindings } = unnestBlocks(columns, parts);
  await trx.raw(`INSERT INTO ${CHART_TABLE} (${columns.join(', ')}) SELECT * FROM ${sql}`, [...bindings]);
}
