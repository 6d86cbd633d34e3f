import type { Knex } from 'knex';
import { countMinutes, type MinuteRange } from '../core/range.js';
import type { RowBlock } from '../core/row-block.js';
import { toArrayLiteral, toTimesLiteral } from './connection/binding-text.js';
import { BinaryReader } from './binary-format.js';
import { BlockDecoder } from './block-decoder.js';
import { CHART_TABLE, SELECTED } from './chart-columns.js';
import { copyBlocksIn, type PlacedRows } from './copy-blocks-in.js';
import { copyOutRows } from './copy-out.js';
import { unnestBlocks } from './unnest-blocks.js';

/** A stretch of one symbol's rows. */
export interface SymbolRange {
  symbol: string;
  range: MinuteRange;
}

/** From this many rows on, COPY beats one INSERT. */
const COPY_FROM_ROWS = 200;
/** Room for so many rows at first, also for a long range: it may be nearly empty. */
const FIRST_CAPACITY = 30_000;

/** The rows of a symbol in a range, ordered by time. */
export async function loadBlock(trx: Knex.Transaction, symbol: string, range: MinuteRange): Promise<RowBlock> {
  const [block] = await loadBlocks(trx, [{ symbol, range }]);
  return block!;
}

/** The rows of several stretches in one statement, each stretch in a block of its own, ordered by time. */
export async function loadBlocks(trx: Knex.Transaction, wanted: readonly SymbolRange[]): Promise<RowBlock[]> {
  const reader = new BinaryReader();
  const capacity = Math.floor(FIRST_CAPACITY / wanted.length);
  const decoders = wanted.map(({ range }) => new BlockDecoder(Math.min(countMinutes(range), capacity)));
  const timesOf = (edge: 'from' | 'to') => toTimesLiteral(wanted.map(({ range }) => range[edge]));
  await copyOutRows(
    trx,
    `COPY (SELECT w.place, r.* FROM
       unnest(?::text[], ?::timestamptz[], ?::timestamptz[]) WITH ORDINALITY AS w(symbol, from_time, to_time, place),
       LATERAL (SELECT ${SELECTED.join(', ')} FROM ${CHART_TABLE} t
         WHERE t.symbol = w.symbol AND timestamp >= w.from_time AND timestamp < w.to_time
         ORDER BY timestamp) r
     ) TO STDOUT (FORMAT binary)`,
    [toArrayLiteral(wanted.map(({ symbol }) => symbol)), timesOf('from'), timesOf('to')],
    (bytes, start, end) => {
      if (reader.take(bytes, start, end)) decoders[reader.integer() - 1]!.add(reader);
    },
  );
  return decoders.map((decoder) => decoder.block);
}

/**
 * Stores rows of blocks whose minutes are not there yet.
 *
 * @throws SQLSTATE 23505 for a row that somebody else added meanwhile: repeat the transaction
 */
export async function insertBlocks(trx: Knex.Transaction, parts: readonly PlacedRows[]): Promise<void> {
  const count = parts.reduce((sum, { places }) => sum + places.length, 0);
  if (count >= COPY_FROM_ROWS) return copyBlocksIn(trx, CHART_TABLE, parts);
  if (count === 0) return;
  const columns = ['symbol', ...SELECTED] as const;
  const { sql, bindings } = unnestBlocks(columns, parts);
  await trx.raw(`INSERT INTO ${CHART_TABLE} (${columns.join(', ')}) SELECT * FROM ${sql}`, [...bindings]);
}
