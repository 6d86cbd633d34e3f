import { CANDLE_FIELDS } from '../core/candle.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { RECURSION_REACH } from '../indicators/indicator.js';
import { annotateBlock, findStale, setIndicators } from '../rows/block-indicators.js';
import { copyRows, createBlock, type RowBlock, trimBlock } from '../rows/row-block.js';

/** What the audit log says of a stretch of minutes after an instant: the first change of each minute. */
export interface LaterChanges {
  /** The rows as they were before their first change, ordered by time. */
  before: RowBlock;
  /** When each of these changes was recorded, in any unit that all times of one stretch share. */
  changedAt: Float64Array;
  /** Minutes without a row, into which one was inserted. */
  inserted: readonly InsertedRows[];
}

/** Minutes `[from, to)` that had no row before `at`. */
export interface InsertedRows {
  from: Minute;
  to: Minute;
  at: number;
}

/** The row of a minute at the instant: none, the stored one, or that of `before`. */
const [NONE, STORED, EARLIER] = [0, 1, 2];

/** What is known of each minute of a stretch, by its distance from the first one. */
interface Timeline {
  first: Minute;
  length: number;
  /** The indices of the minute's rows in the two blocks; -1 without one. */
  stored: Int32Array;
  earlier: Int32Array;
  /** Which of them is the row at the instant. */
  origin: Uint8Array;
  /** When the candle or its presence changed; infinity where it is the same as at the instant. */
  movedAt: Float64Array;
  isMoved: boolean;
}

/**
 * The rows as they were at an instant, from the stored rows and the changes after it.
 *
 * Candle, source, flag and `writtenAt` are exact. An indicator is the stored one where no candle that it depends on has
 * changed since; otherwise it is computed from the earlier candles. A row that the platform wrote and whose indicators were
 * chartctl's only later keeps its own.
 *
 * @param stored the rows now; those before `from` are the look-back. The result may be this block, changed
 * @param from rows before this minute get no recomputed indicators
 */
export function rewindBlock(stored: RowBlock, later: LaterChanges, from: Minute): RowBlock {
  if (later.before.length === 0 && later.inserted.length === 0) return stored;
  const timeline = toTimeline(stored, later);
  const block = collectRows(timeline, stored, later.before);
  if (timeline.isMoved) recompute(block, timeline, later, from);
  return block;
}

function toTimeline(stored: RowBlock, { before, changedAt, inserted }: LaterChanges): Timeline {
  const starts = [stored.openTime[0], before.openTime[0], ...inserted.map((range) => range.from)];
  const first = Math.min(...starts.filter((start) => start !== undefined));
  const last = Math.max(stored.openTime.at(-1) ?? first, before.openTime.at(-1) ?? first);
  const length = (last - first) / MINUTE_MS + 1;
  const timeline: Timeline = {
    first,
    length,
    stored: new Int32Array(length).fill(-1),
    earlier: new Int32Array(length).fill(-1),
    origin: new Uint8Array(length),
    movedAt: new Float64Array(length).fill(Infinity),
    isMoved: false,
  };
  const firstChange = new Float64Array(length).fill(Infinity);
  const placeOf = (minute: Minute) => (minute - first) / MINUTE_MS;
  for (let i = 0; i < stored.length; i += 1) {
    const place = placeOf(stored.openTime[i]!);
    timeline.stored[place] = i;
    timeline.origin[place] = STORED;
  }
  for (let i = 0; i < before.length; i += 1) {
    const place = placeOf(before.openTime[i]!);
    timeline.earlier[place] = i;
    timeline.origin[place] = EARLIER;
    firstChange[place] = changedAt[i]!;
  }
  for (const { from, to, at } of inserted) {
    for (let place = Math.max(0, placeOf(from)); place < Math.min(length, placeOf(to)); place += 1) {
      if (at >= firstChange[place]!) continue;
      firstChange[place] = at;
      timeline.origin[place] = NONE;
    }
  }
  markMoved(timeline, stored, before, firstChange);
  return timeline;
}

/** Finds the minutes whose candle is not the stored one. */
function markMoved(timeline: Timeline, stored: RowBlock, before: RowBlock, firstChange: Float64Array): void {
  for (let place = 0; place < timeline.length; place += 1) {
    if (firstChange[place] === Infinity) continue;
    const [now, then] = [timeline.stored[place]!, timeline.earlier[place]!];
    const hadRow = timeline.origin[place] === EARLIER;
    const isSame = hadRow ? now >= 0 && isSameCandle(stored, now, before, then) : now < 0;
    if (isSame) continue;
    timeline.movedAt[place] = firstChange[place]!;
    timeline.isMoved = true;
  }
}

/** Whether two rows have the same candle, bit by bit. */
export function isSameCandle(a: RowBlock, i: number, b: RowBlock, j: number): boolean {
  return CANDLE_FIELDS.every((field) => Object.is(a[field][i], b[field][j]));
}

function collectRows(timeline: Timeline, now: RowBlock, before: RowBlock): RowBlock {
  const { length, stored, earlier, origin } = timeline;
  if (isSameMinutes(timeline)) {
    for (let place = 0; place < length; place += 1)
      if (origin[place] === EARLIER) copyRows(now, stored[place]!, before, earlier[place]!, earlier[place]! + 1);
    return now;
  }
  const block = createBlock(length);
  let at = 0;
  for (let place = 0; place < length;) {
    if (origin[place] === NONE) {
      place += 1;
      continue;
    }
    const isStored = origin[place] === STORED;
    const indices = isStored ? stored : earlier;
    let end = place + 1;
    while (isStored && end < length && origin[end] === STORED) end += 1; // stored rows in a row are copied together
    copyRows(block, at, isStored ? now : before, indices[place]!, indices[end - 1]! + 1);
    at += indices[end - 1]! - indices[place]! + 1;
    place = end;
  }
  return trimBlock(block, at);
}

/** Whether the minutes with a row are the same as now. */
function isSameMinutes({ length, stored, origin }: Timeline): boolean {
  for (let place = 0; place < length; place += 1) if (stored[place]! >= 0 !== (origin[place] !== NONE)) return false;
  return true;
}

/** Sets the indicators of the rows that depend on a candle which was another one. */
function recompute(block: RowBlock, timeline: Timeline, { changedAt }: LaterChanges, from: Minute): void {
  const earliest = earliestWithin(timeline.movedAt, RECURSION_REACH);
  const affected = new Set<number>();
  for (let at = 0; at < block.length; at += 1) {
    if (block.openTime[at]! < from) continue;
    const place = (block.openTime[at]! - timeline.first) / MINUTE_MS;
    if (earliest[place] === Infinity || isOwnOfPlatform(block, at, timeline.origin[place]!)) continue;
    // an earlier row has the indicators of the moment before its change: they are right if nothing moved before that
    const isStillRight = timeline.origin[place] === EARLIER && earliest[place]! >= changedAt[timeline.earlier[place]!]!;
    if (!isStillRight) affected.add(at);
  }
  if (affected.size === 0) return;
  const calculated = annotateBlock(block, from);
  // a job, too, leaves numbers as they are that differ by less than the tolerance
  const stale = findStale(block, calculated, from).filter((at) => affected.has(at));
  setIndicators(block, calculated, stale);
}

/** Whether the row's indicators are the platform's: no job had computed them yet. */
function isOwnOfPlatform(block: RowBlock, at: number, origin: number): boolean {
  return origin === EARLIER && Number.isNaN(block.writtenAt[at]) && block.isComplete[at] === 0;
}

/** For each place the least number among itself and the `reach` places before it. */
function earliestWithin(numbers: Float64Array, reach: number): Float64Array {
  const least = new Float64Array(numbers.length);
  const candidates = new Int32Array(numbers.length); // places of increasing numbers
  let [head, tail] = [0, 0];
  for (let place = 0; place < numbers.length; place += 1) {
    while (tail > head && numbers[candidates[tail - 1]!]! >= numbers[place]!) tail -= 1;
    candidates[tail] = place;
    tail += 1;
    if (candidates[head]! < place - reach) head += 1;
    least[place] = numbers[candidates[head]!]!;
  }
  return least;
}
