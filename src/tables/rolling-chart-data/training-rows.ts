import { type Source, SOURCES } from '../../core/candle.js';
import { loadAhead } from '../../core/load-ahead.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange, splitRange } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import { toTimestampText } from '../../database/format/text-format.js';
import type { Db, Transaction } from '../../database/store.js';
import { TRAINING_COLUMNS, type TrainingBlock, type TrainingLines } from '../../rows/training-row.js';
import { BlockDecoder } from './block-encoding.js';
import { CHART_COLUMNS, CHART_TABLE, ON_MINUTE_SQL, SOURCE_SQL, TRAINING_VIEW, VALID_SQL } from './columns.js';
import { findPlausibleSpan } from './row-ends.js';
import { TrainingCsvBuffer } from './training-csv.js';

/** Minutes per statement: several megabytes, enough to hide the network's round trip behind the server's work. */
const CHUNK_MINUTES = 20_000;

const RANGE_SQL = 'symbol = ? AND timestamp >= ? AND timestamp < ?';
/** Selects the view's rows from the table, which has more columns than the view. */
const VALID_IN_RANGE_SQL = `${RANGE_SQL} AND ${VALID_SQL} AND ${ON_MINUTE_SQL}`;

/** The columns of a line as `TrainingCsvBuffer` expects them: the time without zone, an empty field, then the rest. */
const CSV_SELECTED = TRAINING_COLUMNS.flatMap(({ name }) => {
  if (name === 'symbol') return [];
  return name === 'timestamp' ? [`timestamp AT TIME ZONE interval '0'`, 'NULL'] : [name];
});

/**
 * Makes the text independent of the server's settings (numbers read back as the same double), and reads rows in the
 * order of the index: the planner estimates that few rows are valid and would sort them.
 */
const SESSION_SETTINGS_SQL = `SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL enable_sort = off`;

/** The valid rows of a symbol in a range, ordered by time, as blocks of columns. */
export function streamTrainingBlocks(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<TrainingBlock> {
  return streamChunks(trx, symbol, range, async (chunk) => {
    const reader = new BinaryReader();
    const decoder = new BlockDecoder(countMinutes(chunk));
    const query = `SELECT ${CHART_COLUMNS.join(', ')} FROM ${CHART_TABLE} WHERE ${VALID_IN_RANGE_SQL} ORDER BY timestamp`;
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
  let [reading, filling] = [new TrainingCsvBuffer(symbol), new TrainingCsvBuffer(symbol)];
  return streamChunks(trx, symbol, range, async (chunk) => {
    [reading, filling] = [filling, reading]; // the caller reads one buffer while the other is filled
    filling.clear();
    const query = `SELECT ${CSV_SELECTED.join(', ')} FROM ${TRAINING_VIEW} WHERE ${RANGE_SQL} ORDER BY timestamp`;
    await copyOutRows(trx, `COPY (${query}) TO STDOUT (FORMAT csv)`, toBindings(symbol, chunk), (bytes, start, end) =>
      filling.append(bytes.subarray(start, end)),
    );
    return filling.lines;
  });
}

/** The results of `load` for the chunks of a range, between the symbol's first and last row. */
async function* streamChunks<T>(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  load: (chunk: MinuteRange) => Promise<T>,
): AsyncGenerator<T> {
  await trx.raw(SESSION_SETTINGS_SQL);
  const span = await findPlausibleSpan(trx, symbol, range);
  if (!span) return;
  const held = { from: floorMinute(span.first), to: floorMinute(span.last) + MINUTE_MS };
  yield* loadAhead(splitRange(held, CHUNK_MINUTES), load);
}

/** The valid rows of a range. */
export interface ValidRowCount {
  rows: number;
  bySource: Partial<Record<Source, number>>;
  writtenUntil: Date | null;
}

/** Counts the valid rows of a range by source, in one statement that the server can run in parallel without a sort. */
export async function countValidRows(db: Db, symbol: string, range: MinuteRange): Promise<ValidRowCount> {
  const sources = [...SOURCES].sort();
  const ofSources = sources.map((source) => `count(*) FILTER (WHERE ${SOURCE_SQL} = '${source}') AS "${source}"`);
  const { rows } = await db.raw<{ rows: (Record<Source, string> & { written_until: Date | null })[] }>(
    `SELECT max(written_at) AS written_until, ${ofSources.join(', ')} FROM ${CHART_TABLE} WHERE ${VALID_IN_RANGE_SQL}`,
    toBindings(symbol, range),
  );
  const { written_until: writtenUntil, ...counts } = rows[0]!;
  const found = sources.map((source) => [source, Number(counts[source])] as const).filter(([, count]) => count > 0);
  return {
    rows: found.reduce((sum, [, count]) => sum + count, 0),
    bySource: Object.fromEntries(found),
    writtenUntil,
  };
}

function toBindings(symbol: string, range: MinuteRange): string[] {
  return [symbol, toTimestampText(new Date(range.from)), toTimestampText(new Date(range.to))];
}
