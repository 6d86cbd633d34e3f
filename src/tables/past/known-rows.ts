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
export async function loadKnownBlock(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  { withinMs, cut }: KnownWithin,
): Promise<KnownRows> {
  const read = { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to };
  const { before } = await loadFirstChanges(trx, symbol, read);
  const lastMs = read.to + withinMs;
  const isCut = cut !== null && Date.parse(cut) < lastMs;
  const inserted = await findInserts(trx, symbol, read, {
    after: new Date(read.from - MAX_SKEW_MS).toISOString(),
    until: isCut ? cut : new Date(lastMs).toISOString(),
  });
  const stored = await loadBlock(trx, symbol, read, CHUNK_MINUTES + RECURSION_REACH);
  const firsts = { before, inserted: inserted.map(({ at, ...minutes }) => ({ ...minutes, at: at / 1000 })) };
  const untilMs = cut === null ? Infinity : Date.parse(cut) + 1; // a Date has whole milliseconds
  const known = selectKnown(stored, firsts, { withinMs, untilMs }, range.from);
  return { ...known, rows: dropBefore(known.rows, range.from) };
}

/** Why a row whose first version came too late is left out. */
export function lateReason(withinMs: number): string {
  return `first stored later than ${formatDuration(withinMs)} after its minute had closed`;
}

/** Why a row without an entry in the audit log and without a time is left out. */
export const UNKNOWN_FIRST_REASON = 'when it was first stored is not known';
