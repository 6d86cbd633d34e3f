import { CANDLE_FIELDS } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import type { Transaction } from '../../database/store.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import type { InsertedRows, LaterChanges } from '../../quality/rewind-block.js';
import { CHANGES_TABLE, INSERTS_TABLE } from '../changes.js';
import { BlockDecoder } from '../rolling-chart-data/block-encoding.js';
import { ON_MINUTE_SQL } from '../rolling-chart-data/columns.js';

/** Rows for which memory is allocated at first. */
const INITIAL_CAPACITY = 1_000;

/** Microseconds since 1970, which a double holds exactly. */
const microsecondsSql = (time: string) => `round(extract(epoch FROM ${time}) * 1000000)::float8`;

/** The columns of a block from the image of a row, in the order of `CHART_COLUMNS`. */
const IMAGE_SQL = [
  'timestamp',
  ...[...CANDLE_FIELDS, ...INDICATOR_COLUMNS].map((column) => `(before->>'${column}')::float8`),
  `before->>'source'`,
  ...['hasmissingdata', 'iscomplete'].map((column) => `(before->>'${column}')::boolean`),
  `(before->>'written_at')::timestamptz`,
].join(', ');

/** The first and the last minute of a symbol that changed after a time, in a range; null without one. */
export async function findChangedSpan(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  after: string,
): Promise<{ first: Minute; last: Minute } | null> {
  const bounds = [symbol, new Date(range.from), new Date(range.to), after];
  const { rows } = await trx.raw<{ rows: { first: Date | null; last: Date | null }[] }>(
    `SELECT min(first) AS first, max(last) AS last FROM (
       SELECT min(timestamp) AS first, max(timestamp) AS last FROM ${CHANGES_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND changed_at > ?::timestamptz
       UNION ALL
       SELECT min(from_time), max(to_time) - interval '1 minute' FROM ${INSERTS_TABLE}
       WHERE symbol = ? AND to_time > ? AND from_time < ? AND inserted_at > ?::timestamptz) c`,
    [...bounds, ...bounds],
  );
  const { first, last } = rows[0]!;
  return first && last ? { first: first.getTime(), last: last.getTime() } : null;
}

/** The first change after a time of each minute of a symbol's range, and the rows that were inserted after it. */
export async function loadLaterChanges(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  after: string,
): Promise<LaterChanges> {
  const changes = await loadFirstChanges(trx, symbol, range, after);
  return { ...changes, inserted: await findInserts(trx, symbol, range, { after, until: 'infinity' }) };
}

/** The first change after a time of each minute of a symbol's range. */
export async function loadFirstChanges(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  after = '-infinity',
): Promise<Pick<LaterChanges, 'before' | 'changedAt'>> {
  const reader = new BinaryReader();
  const decoder = new BlockDecoder(Math.min(countMinutes(range), INITIAL_CAPACITY));
  const changedAt: number[] = [];
  await copyOutRows(
    trx,
    `COPY (SELECT at, ${IMAGE_SQL} FROM (
       SELECT DISTINCT ON (timestamp) timestamp, ${microsecondsSql('changed_at')} AS at, before FROM ${CHANGES_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND changed_at > ?::timestamptz AND ${ON_MINUTE_SQL}
       ORDER BY timestamp, changed_at, sequence) c ORDER BY timestamp) TO STDOUT (FORMAT binary)`,
    [symbol, new Date(range.from), new Date(range.to), after],
    (bytes, start, end) => {
      if (!reader.startRow(bytes, start, end)) return;
      changedAt.push(reader.readNumber());
      decoder.add(reader);
    },
  );
  return { before: decoder.block, changedAt: Float64Array.from(changedAt) };
}

/** The minutes of a symbol's range into which rows were inserted, later than `after` and up to `until`. */
export async function findInserts(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  { after, until }: { after: string; until: string },
): Promise<InsertedRows[]> {
  const { rows } = await trx.raw<{ rows: { from_time: Date; to_time: Date; at: number }[] }>(
    `SELECT from_time, to_time, ${microsecondsSql('inserted_at')} AS at FROM ${INSERTS_TABLE}
     WHERE symbol = ? AND to_time > ? AND from_time < ? AND inserted_at > ?::timestamptz AND inserted_at <= ?::timestamptz`,
    [symbol, new Date(range.from), new Date(range.to), after, until],
  );
  return rows
    .map(({ from_time, to_time, at }) => ({ from: from_time.getTime(), to: to_time.getTime(), at }))
    .filter(({ from }) => from % MINUTE_MS === 0) // an undo may insert a row off the minute again
    .map(({ at, ...inserted }) => ({ ...intersect(inserted, range), at }));
}
