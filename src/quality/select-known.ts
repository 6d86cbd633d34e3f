import { type Minute, MINUTE_MS } from '../core/minute.js';
import { RECURSION_REACH } from '../indicators/indicator.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { annotateBlock, setIndicators } from '../rows/block-indicators.js';
import { copyRows, createBlock, type RowBlock, trimBlock } from '../rows/row-block.js';
import { type InsertedRows, isSameCandle } from './rewind-block.js';

/** What the audit log says of the beginning of a stretch's rows. */
export interface FirstVersions {
  /** The rows as they were before the first change of all, ordered by time. */
  before: RowBlock;
  /** Minutes into which rows were inserted, and when, epoch milliseconds. */
  inserted: readonly InsertedRows[];
}

/** Which first versions count. */
export interface KnownLimits {
  /** Those that were stored at most this long after their minute had closed... */
  withinMs: number;
  /** ...and not after this time, epoch milliseconds. */
  untilMs: number;
}

/** The rows that a program saw which read each minute soon after it had closed. */
export interface KnownRows {
  /** The first versions, ordered by time, with the indicators of these candles. */
  rows: RowBlock;
  /** Minutes whose stored candle is another one than the first. */
  replaced: Minute[];
  /** Minutes of first versions of which no later version is stored now. */
  removed: Minute[];
  /** Minutes that are left out, because their first version came later. */
  late: Minute[];
  /** Minutes that are left out, because nothing says when their first version came. */
  unknown: Minute[];
}

/** Which row of a minute is its first version. */
interface Choice {
  block: RowBlock;
  index: number;
  /** The index of the stored row; -1 without one. */
  stored: number;
}

/**
 * Selects of each minute the first version that was stored, if that was within the limits.
 *
 * The first version is the row before its first change; without one the stored row. The time is that of the entry of its
 * insert; where the audit log has none (it began later, or its beginning was removed), the time at which its candle was
 * written. An indicator is the stored one where all candles that it depends on are the stored ones, else computed.
 *
 * @param stored the rows now; those before `from` are the look-back
 * @param from rows before this minute are not listed, and get no computed indicators
 */
export function selectKnown(stored: RowBlock, firsts: FirstVersions, limits: KnownLimits, from: Minute): KnownRows {
  const known: KnownRows = { rows: stored, replaced: [], removed: [], late: [], unknown: [] };
  const isTimely = findTimely(firsts.inserted, limits.withinMs);
  const rows = createBlock(stored.length + firsts.before.length);
  const affected: number[] = [];
  let [length, movedAt] = [0, -Infinity];
  for (const { block, index, stored: now } of mergeFirst(stored, firsts.before)) {
    const minute = block.openTime[index]!;
    const writtenAt = block.writtenAt[index]!;
    const list = (minutes: Minute[]) => minute >= from && minutes.push(minute);
    const isKnown = isTimely(minute) || writtenAt <= Math.min(minute + MINUTE_MS + limits.withinMs, limits.untilMs);
    if (!isKnown) {
      list(Number.isNaN(writtenAt) ? known.unknown : known.late);
      if (now >= 0) movedAt = minute;
      continue;
    }
    const isSame = now >= 0 && isSameCandle(block, index, stored, now);
    copyRows(rows, length, block, index, index + 1);
    if (isSame && block !== stored) copyIndicators(rows, length, stored, now);
    if (!isSame) {
      list(now < 0 ? known.removed : known.replaced);
      movedAt = minute;
    }
    if (minute >= from && minute - movedAt <= RECURSION_REACH * MINUTE_MS) affected.push(length);
    length += 1;
  }
  known.rows = trimBlock(rows, length);
  if (affected.length > 0) setIndicators(known.rows, annotateBlock(known.rows, from), affected);
  return known;
}

/** Whether a row was inserted into a minute soon enough. */
function findTimely(inserted: readonly InsertedRows[], withinMs: number): (minute: Minute) => boolean {
  const timely = new Set<Minute>();
  for (const { from, to, at } of inserted) {
    const first = Math.max(from, Math.ceil((at - withinMs - MINUTE_MS) / MINUTE_MS) * MINUTE_MS);
    for (let minute = first; minute < to; minute += MINUTE_MS) timely.add(minute);
  }
  return (minute) => timely.has(minute);
}

/** The first versions of all minutes, ordered. */
function* mergeFirst(stored: RowBlock, before: RowBlock): Generator<Choice> {
  let [i, j] = [0, 0];
  while (i < stored.length || j < before.length) {
    const [now, then] = [stored.openTime[i] ?? Infinity, before.openTime[j] ?? Infinity];
    if (now < then) yield { block: stored, index: i, stored: i };
    else yield { block: before, index: j, stored: now === then ? i : -1 };
    if (now <= then) i += 1;
    if (then <= now) j += 1;
  }
}

function copyIndicators(target: RowBlock, at: number, source: RowBlock, from: number): void {
  for (const column of INDICATOR_COLUMNS) target[column][at] = source[column][from]!;
  target.isComplete[at] = source.isComplete[from]!;
}
