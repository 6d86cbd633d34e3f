import type { Source } from '../../core/candle.js';
import { loadAhead } from '../../core/load-ahead.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange, splitRange } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import { toArrayLiteral, toTimestampText } from '../../database/format/text-format.js';
import type { Db, Transaction } from '../../database/store.js';
import { TRAINING_COLUMNS, type TrainingBlock, type TrainingLines } from '../../rows/training-row.js';
import { BlockDecoder } from './block-encoding.js';
import { CHART_COLUMNS, CHART_TABLE, ON_MINUTE_SQL, SOURCE_SQL, TRAINING_VIEW, VALID_SQL } from './columns.js';
import { findPlausibleSpan } from './row-ends.js';
import { TrainingCsvBuffer } from './training-csv.js';

/** Minutes per statement: several megabytes, enough to hide the network's round trip behind the server's work. */
const CHUNK_MINUTES = 20_000;

const TIMES_SQL = 'timestamp >= ? AND timestamp < ?';

/** The columns of a line as `TrainingCsvBuffer` expects them: the time without zone, an empty field, then the rest. */
const CSV_SELECTED = TRAINING_COLUMNS.flatMap(({ name }) => {
  if (name === 'symbol') return [];
  return name === 'timestamp' ? [`timestamp AT TIME ZONE interval '0'`, 'NULL'] : [name];
});

/** Transactions that have the settings already: for many symbols, setting them again takes a second on Citus. */
const prepared = new WeakSet<Transaction>();

/**
 * Makes the text independent of the server's settings (numbers read back as the same double), and reads rows in the
 * order of the index: the planner estimates that few rows are valid and would sort them.
 */
async function prepare(trx: Transaction): Promise<void> {
  if (prepared.has(trx)) return;
  await trx.raw(`SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL enable_sort = off`);
  prepared.add(trx);
}

/** The valid rows of a symbol in a range, ordered by time, as blocks of columns. */
export function streamTrainingBlocks(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<TrainingBlock> {
  return streamChunks(trx, symbol, range, async (chunk) => {
    const reader = new BinaryReader();
    const decoder = new BlockDecoder(countMinutes(chunk));
    // the view's rows, with columns that the view does not have
    const query = `SELECT ${CHART_COLUMNS.join(', ')} FROM ${CHART_TABLE}
      WHERE symbol = ? AND ${TIMES_SQL} AND ${VALID_SQL} AND ${ON_MINUTE_SQL} ORDER BY timestamp`;
    await copyOutRows(
      trx,
      `COPY (${query}) TO STDOUT (FORMAT binary)`,
      toBindings(symbol, chunk),
      (bytes, start, end) => {
        if (reader.startRow(bytes, start, end)) decoder.add(reader);
      },
    );
    const columns = decoder.block;
    return { symbol, length: columns.length, columns };
  });
}

/**
 * The same rows as lines of CSV: null is an empty field, a number is the shortest text that reads back as the same
 * double (such as `1e-08`). The bytes of a batch are valid until the next batch is requested.
 */
export function streamTrainingLines(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<TrainingLines> {
  const lines = Math.min(CHUNK_MINUTES, countMinutes(range));
  let [reading, filling] = [new TrainingCsvBuffer(symbol, lines), new TrainingCsvBuffer(symbol, lines)];
  return streamChunks(trx, symbol, range, async (chunk) => {
    [reading, filling] = [filling, reading]; // the caller reads one buffer while the other is filled
    filling.clear();
    const query = `SELECT ${CSV_SELECTED.join(', ')} FROM ${TRAINING_VIEW} WHERE symbol = ? AND ${TIMES_SQL} ORDER BY timestamp`;
    await copyOutRows(trx, `COPY (${query}) TO STDOUT (FORMAT csv)`, toBindings(symbol, chunk), (bytes, start, end) =>
      filling.append(bytes.subarray(start, end)),
    );
    return filling.lines;
  });
}

/** The results of `load` for the chunks of a range; a long one begins and ends with the symbol's first and last row. */
async function* streamChunks<T>(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  load: (chunk: MinuteRange) => Promise<T>,
): AsyncGenerator<T> {
  await prepare(trx);
  const held = countMinutes(range) > CHUNK_MINUTES ? await findHeld(trx, symbol, range) : range;
  if (held) yield* loadAhead(splitRange(held, CHUNK_MINUTES), load);
}

/** The minutes from the first to the last row of a range; null if there is none. */
async function findHeld(trx: Transaction, symbol: string, range: MinuteRange): Promise<MinuteRange | null> {
  const span = await findPlausibleSpan(trx, symbol, range);
  return span && { from: floorMinute(span.first), to: floorMinute(span.last) + MINUTE_MS };
}

/** The valid rows of a range. */
export interface ValidRowCount {
  rows: number;
  bySource: Partial<Record<Source, number>>;
  writtenUntil: Date | null;
}

/**
 * Counts the valid rows of each symbol in a range by source, in one statement. Rows are grouped by what they are, valid or
 * not: with a condition instead the planner, which estimates that few rows are valid, sends them all from one process to
 * another, which takes twice the processors' time.
 */
export async function countValidRows(
  db: Db,
  symbols: readonly string[],
  range: MinuteRange,
): Promise<Map<string, ValidRowCount>> {
  const { rows } = await db.raw<{
    rows: { symbol: string; source: Source | null; rows: string; written_until: Date | null }[];
  }>(
    `SELECT symbol::text AS symbol, CASE WHEN ${VALID_SQL} AND ${ON_MINUTE_SQL} THEN ${SOURCE_SQL} END AS source,
       count(*) AS rows, max(written_at) AS written_until
     FROM ${CHART_TABLE} WHERE symbol = ANY(?::text[]) AND ${TIMES_SQL} GROUP BY symbol, 2 ORDER BY 1, 2`,
    [toArrayLiteral(symbols), ...toTimes(range)],
  );
  const counted = new Map<string, ValidRowCount>(
    symbols.map((symbol) => [symbol, { rows: 0, bySource: {}, writtenUntil: null }]),
  );
  for (const { symbol, source, rows: count, written_until: writtenUntil } of rows) {
    if (source === null) continue; // not valid
    const sum = counted.get(symbol)!;
    sum.rows += Number(count);
    sum.bySource[source] = Number(count);
    if (writtenUntil && (!sum.writtenUntil || writtenUntil > sum.writtenUntil)) sum.writtenUntil = writtenUntil;
  }
  return counted;
}

function toBindings(symbol: string, range: MinuteRange): string[] {
  return [symbol, ...toTimes(range)];
}

function toTimes({ from, to }: MinuteRange): string[] {
  return [from, to].map((minute) => toTimestampText(new Date(minute)));
}
