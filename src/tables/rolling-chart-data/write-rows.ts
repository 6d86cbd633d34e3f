import type { Minute } from '../../core/minute.js';
import { hullOf } from '../../core/range.js';
import { toTimestampArrayLiteral } from '../../database/format/text-format.js';
import type { Transaction } from '../../database/store.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { type BlockRows, copyBlocksIn, type SqlRows, toTimeText, unnestBlocks } from './block-encoding.js';
import { CHART_COLUMNS, CHART_TABLE } from './columns.js';

/** From this number of rows on, COPY is faster than one INSERT. */
const MIN_COPY_ROWS = 200;

/**
 * Inserts rows whose minutes have no row yet.
 *
 * @throws SQLSTATE 23505 when another session inserted one of the minutes meanwhile: repeat the transaction
 */
export async function insertBlocks(trx: Transaction, parts: readonly BlockRows[]): Promise<void> {
  const count = parts.reduce((sum, { indices }) => sum + indices.length, 0);
  if (count >= MIN_COPY_ROWS) return copyBlocksIn(trx, CHART_TABLE, parts);
  if (count === 0) return;
  const columns = ['symbol', ...CHART_COLUMNS] as const;
  const { sql, bindings } = unnestBlocks(columns, parts);
  await trx.raw(`INSERT INTO ${CHART_TABLE} (${columns.join(', ')}) SELECT * FROM ${sql}`, [...bindings]);
}

/** A column that an update may write. */
type UpdatedColumn = Exclude<(typeof CHART_COLUMNS)[number], 'timestamp'>;

/** The columns that are written when a candle changes: all except symbol and timestamp. */
export const CANDLE_UPDATE_COLUMNS = CHART_COLUMNS.filter((name): name is UpdatedColumn => name !== 'timestamp');

/** The columns that a rebuild writes. */
export const INDICATOR_UPDATE_COLUMNS = [...INDICATOR_COLUMNS, 'iscomplete'] as const;

/** From this number of rows on, COPY into a temporary table is faster than array literals. */
const MIN_STAGED_ROWS = 1_000;
const STAGING_TABLE = 'chartctl_stage';

/** Writes the given columns of existing rows. */
export async function updateBlock(trx: Transaction, columns: readonly UpdatedColumn[], rows: BlockRows): Promise<void> {
  const { symbol, block, indices } = rows;
  if (indices.length === 0) return;
  const isStaged = indices.length >= MIN_STAGED_ROWS && (await mayCreateTemporaryTable(trx));
  const values = isStaged ? await fillStagingTable(trx, rows) : unnestBlocks(['timestamp', ...columns], [rows]);
  const [first, last] = [indices[0]!, indices.at(-1)!].map((at) => toTimeText(block.openTime[at]!));
  await trx.raw(
    `UPDATE ${CHART_TABLE} t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')} FROM ${values.sql}
     WHERE t.symbol = ? AND t.timestamp >= ? AND t.timestamp <= ? AND t.timestamp = v.timestamp`,
    [...values.bindings, symbol, first!, last!],
  );
  if (isStaged) await trx.raw(`DROP TABLE ${STAGING_TABLE}`);
}

async function fillStagingTable(trx: Transaction, rows: BlockRows): Promise<SqlRows> {
  const columns = ['symbol', ...CHART_COLUMNS].join(', ');
  await trx.raw(
    `CREATE TEMPORARY TABLE ${STAGING_TABLE} ON COMMIT DROP AS SELECT ${columns} FROM ${CHART_TABLE} LIMIT 0`,
  );
  await copyBlocksIn(trx, STAGING_TABLE, [rows]);
  return { sql: `${STAGING_TABLE} AS v`, bindings: [] };
}

/** A role without this privilege updates from array literals, which is slower. */
async function mayCreateTemporaryTable(trx: Transaction): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { allowed: boolean }[] }>(
    `SELECT has_database_privilege(current_database(), 'TEMP') AS allowed`,
  );
  return rows[0]!.allowed;
}

/** Deletes rows by minute and returns how many there were. */
export async function removeRows(trx: Transaction, symbol: string, minutes: readonly Minute[]): Promise<number> {
  if (minutes.length === 0) return 0;
  const { from, to } = hullOf(minutes);
  const removed = await trx(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '>=', new Date(from))
    .andWhere('timestamp', '<', new Date(to))
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toTimestampArrayLiteral(minutes)])
    .delete(['timestamp']);
  return removed.length;
}
