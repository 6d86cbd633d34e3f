import { loadAhead } from '../../core/load-ahead.js';
import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, splitRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { rewindBlock } from '../../quality/rewind-block.js';
import type { KnownRows } from '../../quality/select-known.js';
import { copyRows, createBlock, isValidAt, type RowBlock, sliceBlock, trimBlock } from '../../rows/row-block.js';
import { CHANGES_TABLE } from '../changes.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { loadBlock } from '../rolling-chart-data/read-rows.js';
import { findPlausibleSpan } from '../rolling-chart-data/row-ends.js';
import { findChangedSpan, loadLaterChanges } from './later-changes.js';

/** Minutes that are rewound at once: it bounds memory. */
export const CHUNK_MINUTES = 20_000;

/**
 * Reads rows in the order of the index: the planner would sort them where it estimates that they are scattered. Sorting the
 * few changes then seems so expensive to it that it would compile their statement.
 */
export async function readInOrder(trx: Transaction): Promise<void> {
  if (prepared.has(trx)) return;
  await trx.raw('SET LOCAL enable_sort = off; SET LOCAL jit = off');
  prepared.add(trx);
}

/** Transactions that have the settings already. */
const prepared = new WeakSet<Transaction>();

/** The rows of a stretch of minutes as they were at an instant. */
export interface PastRows {
  range: MinuteRange;
  rows: RowBlock;
  /** Whether the audit log does not say how the row was: it was written later, and nothing about that is recorded. */
  isUnknown: (index: number) => boolean;
  /** With first versions only: the minutes whose rows differ from the stored ones, or are left out. */
  known?: Omit<KnownRows, 'rows'>;
}

/**
 * The rows of a symbol as they were when the newest entry of the audit log had the time `cut`, ordered by time, all of them on
 * whole minutes. The indicators are recomputed where later changes have changed them.
 */
export async function* streamPastRows(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): AsyncGenerator<PastRows> {
  await readInOrder(trx);
  const held = await findHeldRange(trx, symbol, range, cut);
  if (!held) return;
  const cutMs = Date.parse(cut) + 1; // a Date has whole milliseconds
  yield* loadAhead(splitRange(held, CHUNK_MINUTES), async (chunk) => {
    const rows = await loadPastBlock(trx, symbol, chunk, cut);
    return { range: chunk, rows, isUnknown: (index: number) => rows.writtenAt[index]! > cutMs };
  });
}

async function loadPastBlock(trx: Transaction, symbol: string, range: MinuteRange, cut: string): Promise<RowBlock> {
  const read = { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to };
  const later = await loadLaterChanges(trx, symbol, read, cut);
  const isUnchanged = later.before.length === 0 && later.inserted.length === 0;
  if (isUnchanged) return loadBlock(trx, symbol, range, CHUNK_MINUTES);
  const stored = await loadBlock(trx, symbol, read, CHUNK_MINUTES + RECURSION_REACH);
  return dropBefore(rewindBlock(stored, later, range.from), range.from);
}

/** The rows from a minute on. */
export function dropBefore(block: RowBlock, from: Minute): RowBlock {
  let start = 0;
  while (start < block.length && block.openTime[start]! < from) start += 1;
  return sliceBlock(block, start, block.length);
}

/** From the first to the last minute of a range with a row, now or at an earlier time after the cut; null without one. */
export async function findHeldRange(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): Promise<MinuteRange | null> {
  const spans = [await findPlausibleSpan(trx, symbol, range), await findChangedSpan(trx, symbol, range, cut)];
  const known = spans.filter((span) => span !== null);
  if (known.length === 0) return null;
  return {
    from: Math.max(range.from, floorMinute(Math.min(...known.map(({ first }) => first)))),
    to: Math.min(range.to, floorMinute(Math.max(...known.map(({ last }) => last))) + MINUTE_MS),
  };
}

/** The valid rows among past rows, without those of which the audit log does not say how they were. */
export function selectValid({ rows, isUnknown }: PastRows): RowBlock {
  return selectRows(rows, (at) => isValidAt(rows, at) && !isUnknown(at));
}

/** The rows of which the audit log says how they were. */
export function selectRecorded({ rows, isUnknown }: PastRows): RowBlock {
  return selectRows(rows, (at) => !isUnknown(at));
}

function selectRows(rows: RowBlock, isSelected: (at: number) => boolean): RowBlock {
  let selected: RowBlock | null = null;
  let length = 0;
  for (let at = 0; at < rows.length;) {
    let end = at;
    while (end < rows.length && isSelected(end)) end += 1;
    if (at === 0 && end === rows.length) return rows;
    selected ??= createBlock(rows.length);
    if (end > at) copyRows(selected, length, rows, at, end);
    length += end - at;
    at = end + 1;
  }
  return trimBlock(selected ?? rows, length);
}

/** The newest minute of a range that had a row at the cut; null without one. */
export async function findNewestPastMinute(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): Promise<Minute | null> {
  let newest: Minute | null = null;
  for await (const { rows } of streamPastRows(trx, symbol, range, cut)) newest = rows.openTime.at(-1) ?? newest;
  return newest;
}

/** The newest row before a minute at the cut; null without one. Older rows of which the audit log says nothing count. */
export async function findNewestPastBefore(
  trx: Transaction,
  symbol: string,
  before: Minute,
  cut: string,
): Promise<Minute | null> {
  const bounds = [symbol, new Date(before), cut];
  const { rows: stored } = await trx.raw<{ rows: { last: Date | null }[] }>(
    `SELECT max(timestamp) AS last FROM ${CHART_TABLE}
     WHERE symbol = ? AND timestamp < ? AND (written_at IS NULL OR written_at <= ?::timestamptz)`,
    bounds,
  );
  const { rows: changed } = await trx.raw<{ rows: { last: Date | null }[] }>(
    `SELECT max(timestamp) AS last FROM ${CHANGES_TABLE}
     WHERE symbol = ? AND timestamp < ? AND changed_at > ?::timestamptz
       AND (before->>'written_at' IS NULL OR (before->>'written_at')::timestamptz <= ?::timestamptz)`,
    [...bounds, cut],
  );
  const newest = Math.max(...[stored, changed].map((rows) => rows[0]?.last?.getTime() ?? -Infinity));
  return newest === -Infinity ? null : floorMinute(newest);
}
