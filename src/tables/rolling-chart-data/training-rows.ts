import type { Knex } from 'knex';
import { type Source, SOURCES } from '../../core/candle.js';
import { loadAhead } from '../../core/load-ahead.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange, splitRange } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import { toTimestampText } from '../../database/format/text-format.js';
import { TRAINING_COLUMNS, type TrainingBlock, type TrainingLines } from '../../rows/training-row.js';
import { BlockDecoder } from './block-encoding.js';
import { CHART_COLUMNS, CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './columns.js';
import { findPlausibleSpan } from './read-rows.js';
import { TrainingCsvBuffer } from './training-csv.js';

/** Fetched at a time: several megabytes, and the server's work on them hides the way to it and back. */
const CHUNK_MINUTES = 20_000;

/** The clean table that any loader may read. */
const TRAINING_VIEW = 'training_chart_data';
const RANGE_SQL = 'symbol = ? AND timestamp >= ? AND timestamp < ?';
/** The rows of the view in the table, which has more columns. */
const VALID_IN_RANGE_SQL = `${RANGE_SQL} AND iscomplete AND hasmissingdata IS NOT TRUE AND ${SOUND_SQL} AND ${ON_MINUTE_SQL}`;
const SOURCE_SQL = `coalesce(source, 'BINANCE')`;

/** The rest is `TrainingCsvBuffer`'s: the symbol, the time's form, and rows off the minute. */
const CSV_SELECTED = TRAINING_COLUMNS.flatMap(({ name }) => {
  if (name === 'symbol') return [];
  return name === 'timestamp' ? [`timestamp AT TIME ZONE interval '0'`, 'NULL'] : [name];
});

/**
 * Text is written in one way, whatever the server's settings: numbers read back as the same double. And rows are read in
 * the index's order: the planner expects so few to be valid that it would rather sort.
 */
const SESSION_SETTINGS_SQL = `SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL enable_sort = off`;

/** The valid rows of a symbol in a range, ordered by time, in columns. */
export function streamTrainingBlocks(
  trx: Knex.Transaction,
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
 * The same as lines of CSV: null is an empty field, a number the shortest text of its double (`1e-08` included). The
 * bytes of a batch are good until the next one is asked for.
 */
export function streamTrainingLines(
  trx: Knex.Transaction,
  symbol: string,
  range: MinuteRange,
): AsyncGenerator<TrainingLines> {
  let [used, gatherer] = [new TrainingCsvBuffer(symbol), new TrainingCsvBuffer(symbol)];
  return streamChunks(trx, symbol, range, async (chunk) => {
    [used, gatherer] = [gatherer, used]; // one is read while the other one fills
    gatherer.clear();
    const query = `SELECT ${CSV_SELECTED.join(', ')} FROM ${TRAINING_VIEW} WHERE ${RANGE_SQL} ORDER BY timestamp`;
    await copyOutRows(trx, `COPY (${query}) TO STDOUT (FORMAT csv)`, toBindings(symbol, chunk), (bytes, start, end) =>
      gatherer.append(bytes.subarray(start, end)),
    );
    return gatherer.lines;
  });
}

/** What `load` gives for each part of a range in which the symbol has rows at all. */
async function* streamChunks<T>(
  trx: Knex.Transaction,
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

/** What the valid rows of a range are made of. */
export interface ValidRowCount {
  rows: number;
  bySource: Partial<Record<Source, number>>;
  writtenUntil: Date | null;
}

/** Counts the valid rows of a range by source: one pass that the server can share out, and nothing to sort. */
export async function countValidRows(db: Knex, symbol: string, range: MinuteRange): Promise<ValidRowCount> {
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
