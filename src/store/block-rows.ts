import type { Knex } from 'knex';
import { countMinutes, type MinuteRange } from '../core/range.js';
import type { RowBlock } from '../core/row-block.js';
import { BlockDecoder } from './block-decoder.js';
import { CHART_TABLE, ON_MINUTE_SQL, SELECTED } from './chart-columns.js';
import { copyBlockIn } from './copy-block-in.js';
import { copyOutRows } from './copy-out.js';

/** Room for so many rows at first, also for a long range: it may be nearly empty. */
const FIRST_CAPACITY = 30_000;
/** The rows of a symbol in a range, ordered by time. */
export async function loadBlock(trx: Knex.Transaction, symbol: string, range: MinuteRange): Promise<RowBlock> {
  const decoder = new BlockDecoder(Math.min(countMinutes(range), FIRST_CAPACITY));
  await copyOutRows(
    trx,
    `COPY (SELECT ${SELECTED.join(', ')} FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL} ORDER BY timestamp
     ) TO STDOUT (FORMAT binary)`,
    [symbol, new Date(range.from).toISOString(), new Date(range.to).toISOString()],
    decoder.take,
  );
  return decoder.block;
}

/**
 * Stores rows of a block whose minutes are not there yet.
 *
 * @throws SQLSTATE 23505 for a row that somebody else added meanwhile: repeat the transaction
 */
export async function insertBlock(
  trx: Knex.Transaction,
  symbol: string,
  block: RowBlock,
  places: readonly number[],
): Promise<void> {
  if (places.length > 0) await copyBlockIn(trx, CHART_TABLE, symbol, block, places);
}
