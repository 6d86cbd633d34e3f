import { formatDuration } from '../../core/duration.js';
import { loadAhead } from '../../core/load-ahead.js';
import { HOUR_MS, MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, splitRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { type KnownRows, selectKnown } from '../../quality/select-known.js';
import { loadBlock } from '../rolling-chart-data/read-rows.js';
import { findInserts, loadFirstChanges } from './later-changes.js';
import { CHUNK_MINUTES, dropBefore, findHeldRange, type PastRows, readInOrder } from './past-rows.js';

/** By how much the database's clock may be behind: a row is never inserted before its minute. */
const MAX_SKEW_MS = HOUR_MS;

/** Which first versions of rows count. */
export interface KnownWithin {
  /** How long after its minute had closed a row was stored at most. */
  withinMs: number;
  /** The time of the newest entry of the audit log that counts; null for all. */
  cut: string | null;
}

/** How many rows differ from the stored ones, and how many cannot be compared. */
export type KnownCounts = Record<Exclude<keyof KnownRows, 'rows'>, number>;

/**
 * The first stored version of each row of a symbol that was stored soon after its minute had closed, ordered by time, with the
 * indicators of these candles.
 */
export async function* streamKnownRows(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  known: KnownWithin,
): AsyncGenerator<PastRows> {
  await readInOrder(trx);
  const held = await findHeldRange(trx, symbol, range, '-infinity');
  if (!held) return;
  yield* loadAhead(splitRange(held, CHUNK_MINUTES), async (chunk) => {
    const { rows, ...minutes } = await loadKnownBlock(trx, symbol, chunk, known);
    return { range: chunk, rows, isUnknown: () => false, known: minutes };
  });
}

/** The first versions of a range, which is short enough to be in memory at once. */
async function loadKnownBlock(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  within: KnownWithin,
): Promise<KnownRows> {
  const read = { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to };
  const { stored, firsts, limits } = await loadVersions(trx, symbol, read, within);
  const known = selectKnown(stored, firsts, limits, range.from);
  return { ...known, rows: dropBefore(known.rows, range.from) };
}

/** The arguments of `selectKnown` for a range. */
async function loadVersions(trx: Transaction, symbol: string, range: MinuteRange, { withinMs, cut }: KnownWithin) {
  const { before } = await loadFirstChanges(trx, symbol, range);
  const lastMs = range.to + withinMs;
  const isCut = cut !== null && Date.parse(cut) < lastMs;
  const inserted = await findInserts(trx, symbol, range, {
    after: new Date(range.from - MAX_SKEW_MS).toISOString(),
    until: isCut ? cut : new Date(lastMs).toISOString(),
  });
  const stored = await loadBlock(trx, symbol, range, CHUNK_MINUTES + RECURSION_REACH);
  const firsts = { before, inserted: inserted.map(({ at, ...minutes }) => ({ ...minutes, at: at / 1000 })) };
  const untilMs = cut === null ? Infinity : Date.parse(cut) + 1; // a Date has whole milliseconds
  return { stored, firsts, limits: { withinMs, untilMs } };
}

/**
 * Counts the rows of a range whose candle is not the first version, or whose first version came later than `withinMs` after
 * the minute had closed.
 *
 * @param since only rows whose candle was written after this time count
 */
export async function countDrifted(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  { withinMs, since }: { withinMs: number; since: Date | null },
): Promise<number> {
  let count = 0;
  await readInOrder(trx);
  for (const chunk of splitRange(range, CHUNK_MINUTES)) {
    const { stored, firsts, limits } = await loadVersions(trx, symbol, chunk, { withinMs, cut: null });
    const { replaced, late } = selectKnown(stored, firsts, limits, chunk.from);
    const differing = new Set([...replaced, ...late]);
    for (let at = 0; at < stored.length; at += 1) {
      const isNew = since === null || stored.writtenAt[at]! > since.getTime();
      if (isNew && differing.has(stored.openTime[at]!)) count += 1;
    }
  }
  return count;
}

/** Why a row whose first version came too late is left out. */
export function lateReason(withinMs: number): string {
  return `first stored later than ${formatDuration(withinMs)} after its minute had closed`;
}

/** Why a row without an entry in the audit log and without a time is left out. */
export const UNKNOWN_FIRST_REASON = 'when it was first stored is not known';
