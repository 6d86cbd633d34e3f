import type { Knex } from 'knex';
import { type Candle, CANDLE_FIELDS, type StoredCandle } from '../../core/candle.js';
import type { Minute } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import { toArrayLiteral, toTimestampArrayLiteral } from '../../database/format/text-format.js';
import type { Db, Transaction } from '../../database/store.js';
import type { ChartRow } from '../../rows/chart-row.js';
import type { RowBlock } from '../../rows/row-block.js';
import { BlockDecoder, CANDLE_COLUMNS } from './block-encoding.js';
import {
  CHART_COLUMNS,
  CHART_TABLE,
  type ChartRecord,
  COMPLETE_SQL,
  ON_MINUTE_SQL,
  SOUND_SQL,
  toChartRow,
} from './columns.js';

/** The rows of a symbol in a range, ordered by time. */
export async function findRows(trx: Transaction, symbol: string, range: MinuteRange): Promise<ChartRow[]> {
  const records = await inRange(trx, symbol, range).select<ChartRecord[]>(CHART_COLUMNS).orderBy('timestamp');
  return records.map(toChartRow);
}

/** For each of these symbols that has a row at `minute`: whether that row is complete. */
export async function findCompletenessAt(
  db: Db,
  symbols: readonly string[],
  minute: Minute,
): Promise<Map<string, boolean>> {
  const { rows } = await db.raw<{ rows: { symbol: string; complete: boolean }[] }>(
    `SELECT symbol::text AS symbol, ${COMPLETE_SQL} AS complete FROM ${CHART_TABLE}
     WHERE symbol = ANY(?::text[]) AND timestamp = ?`,
    [toArrayLiteral(symbols), new Date(minute)],
  );
  return new Map(rows.map(({ symbol, complete }) => [symbol, complete]));
}

/** The minutes of a symbol's rows before `before`, in order. */
export async function findMinutesBefore(db: Db, symbol: string, before: Minute): Promise<Minute[]> {
  const found = await db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '<', new Date(before))
    .orderBy('timestamp')
    .select<{ timestamp: Date }[]>('timestamp');
  return found.map((record) => record.timestamp.getTime());
}

/** How many rows a symbol has, and how many of them are flagged. */
export async function countFlaggedRows(db: Db, symbol: string): Promise<{ rows: number; flagged: number }> {
  const { rows } = await db.raw<{ rows: { rows: string; flagged: string }[] }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE hasmissingdata) AS flagged FROM ${CHART_TABLE} WHERE symbol = ?`,
    [symbol],
  );
  return { rows: Number(rows[0]!.rows), flagged: Number(rows[0]!.flagged) };
}

/** A query over the rows of a symbol on whole minutes of a range. */
export function inRange(db: Db, symbol: string, range: MinuteRange): Knex.QueryBuilder {
  return db(CHART_TABLE)
    .where({ symbol })
    .andWhere('timestamp', '>=', new Date(range.from))
    .andWhere('timestamp', '<', new Date(range.to))
    .andWhereRaw(ON_MINUTE_SQL);
}

interface SymbolRange {
  symbol: string;
  range: MinuteRange;
}

/** Rows for which memory is allocated at first, also for a longer range: it may be nearly empty. */
const INITIAL_CAPACITY = 30_000;
/** The same where most minutes may have no row yet. */
const SPARSE_CAPACITY = 4_000;

/**
 * The rows of a symbol in a range, ordered by time.
 *
 * @param capacity rows for which memory is allocated at first
 */
export async function loadBlock(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  capacity = INITIAL_CAPACITY,
): Promise<RowBlock> {
  const reader = new BinaryReader();
  const decoder = new BlockDecoder(Math.min(countMinutes(range), capacity));
  await copyOutRows(
    trx,
    `COPY (SELECT ${CHART_COLUMNS.join(', ')} FROM ${CHART_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp) TO STDOUT (FORMAT binary)`,
    [symbol, new Date(range.from), new Date(range.to)],
    (bytes, start, end) => {
      if (reader.startRow(bytes, start, end)) decoder.add(reader);
    },
  );
  return decoder.block;
}

/**
 * The rows of a range for each of several symbols: one block for each, ordered by time. Of the rows before the minute
 * `whole` only the candle is read, and their indicators are NaN: they serve as look-back, and are most of the rows.
 *
 * Each of the two statements selects all symbols from the first beginning to the last end, which are the same for most
 * symbols of an ingest, in no order: blocks are sorted here if the server does not read the rows in the order of the index.
 */
export async function loadBlocks(
  trx: Transaction,
  wanted: readonly (SymbolRange & { whole: Minute })[],
): Promise<RowBlock[]> {
  if (wanted.length === 1) return [await loadBlock(trx, wanted[0]!.symbol, wanted[0]!.range, SPARSE_CAPACITY)];
  const capacity = Math.floor(INITIAL_CAPACITY / wanted.length);
  const decoders = wanted.map(({ range }) => new BlockDecoder(Math.min(countMinutes(range), capacity)));
  const candles = wanted.map(({ symbol, range, whole }) => ({ symbol, range: { from: range.from, to: whole } }));
  await readSymbols(trx, CANDLE_COLUMNS, candles, (reader, i) => decoders[i]!.addCandle(reader, candles[i]!.range));
  const rows = wanted.map(({ symbol, range, whole }) => ({ symbol, range: { from: whole, to: range.to } }));
  await readSymbols(trx, CHART_COLUMNS, rows, (reader, i) => decoders[i]!.add(reader, rows[i]!.range));
  return decoders.map((decoder) => decoder.block);
}

/**
 * Reads the rows of several symbols, each symbol's range and possibly more.
 *
 * @param onRow gets the reader at the first of the columns, and the index of the row's symbol
 */
async function readSymbols(
  trx: Transaction,
  columns: readonly string[],
  wanted: readonly SymbolRange[],
  onRow: (reader: BinaryReader, index: number) => void,
): Promise<void> {
  const reader = new BinaryReader();
  const symbols = wanted.map(({ symbol }) => Buffer.from(symbol));
  const from = Math.min(...wanted.map(({ range }) => range.from));
  const to = Math.max(...wanted.map(({ range }) => range.to));
  let last = 0;
  await copyOutRows(
    trx,
    `COPY (SELECT symbol::text, ${columns.join(', ')} FROM ${CHART_TABLE}
       WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ?) TO STDOUT (FORMAT binary)`,
    [toArrayLiteral(wanted.map(({ symbol }) => symbol)), new Date(from), new Date(to)],
    (bytes, start, end) => {
      if (!reader.startRow(bytes, start, end)) return;
      const found = reader.readIndexOf(symbols, last);
      if (found < 0) return;
      last = found; // the rows of a symbol mostly follow one another
      onRow(reader, found);
    },
  );
}

/** The candles of these minutes as they are stored (NULL and NaN included), ordered by time. */
export async function findCandlesAt(
  trx: Transaction,
  symbol: string,
  minutes: readonly Minute[],
): Promise<StoredCandle[]> {
  if (minutes.length === 0) return [];
  const { rows } = await trx.raw<{ rows: (Omit<StoredCandle, 'openTime'> & { timestamp: Date })[] }>(
    `SELECT timestamp, open, high, low, close, volume FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp = ANY(?::timestamptz[]) ORDER BY timestamp`,
    [symbol, toTimestampArrayLiteral(minutes)],
  );
  return rows.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}

/** The sound candles of a range that came from a fallback exchange, ordered by time. */
export async function findFallbackRows(trx: Transaction, symbol: string, range: MinuteRange): Promise<Candle[]> {
  const records = await inRange(trx, symbol, range)
    .andWhere({ source: 'FALLBACK' })
    .andWhereRaw(SOUND_SQL)
    .orderBy('timestamp')
    .select<(Omit<Candle, 'openTime'> & { timestamp: Date })[]>('timestamp', ...CANDLE_FIELDS);
  return records.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}
