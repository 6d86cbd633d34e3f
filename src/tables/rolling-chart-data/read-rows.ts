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
import { BlockDecoder } from './block-encoding.js';
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
    `SELECT s.symbol, ${COMPLETE_SQL} AS complete FROM unnest(?::text[]) AS s(symbol)
     JOIN ${CHART_TABLE} t ON t.symbol = s.symbol AND t.timestamp = ?`,
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

/** The rows of a symbol in a range, ordered by time. */
export async function loadBlock(trx: Transaction, symbol: string, range: MinuteRange): Promise<RowBlock> {
  const [block] = await loadBlocks(trx, [{ symbol, range }]);
  return block!;
}

/** The rows of several ranges, read by one statement: one block for each range, ordered by time. */
export async function loadBlocks(trx: Transaction, wanted: readonly SymbolRange[]): Promise<RowBlock[]> {
  const reader = new BinaryReader();
  const capacity = Math.floor(INITIAL_CAPACITY / wanted.length);
  const decoders = wanted.map(({ range }) => new BlockDecoder(Math.min(countMinutes(range), capacity)));
  const timesOf = (edge: 'from' | 'to') => toTimestampArrayLiteral(wanted.map(({ range }) => range[edge]));
  await copyOutRows(
    trx,
    `COPY (SELECT w.place, r.* FROM
       unnest(?::text[], ?::timestamptz[], ?::timestamptz[]) WITH ORDINALITY AS w(symbol, from_time, to_time, place),
       LATERAL (SELECT ${CHART_COLUMNS.join(', ')} FROM ${CHART_TABLE} t
         WHERE t.symbol = w.symbol AND timestamp >= w.from_time AND timestamp < w.to_time
         ORDER BY timestamp) r
     ) TO STDOUT (FORMAT binary)`,
    [toArrayLiteral(wanted.map(({ symbol }) => symbol)), timesOf('from'), timesOf('to')],
    (bytes, start, end) => {
      if (reader.startRow(bytes, start, end)) decoders[reader.readInteger() - 1]!.add(reader);
    },
  );
  return decoders.map((decoder) => decoder.block);
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
