import { type Candle, SOURCES } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { copyRows, createBlock, rowAt, type RowBlock, trimBlock } from '../rows/row-block.js';
import { decideMerge, type MergePolicy } from './decide-merge.js';

/** The merge policy of a batch whose candles may come from several sources. */
interface AnswerPolicy extends Omit<MergePolicy, 'source'> {
  sourceOf(answer: Candle): MergePolicy['source'];
  /** The `written_at` of the rows that are written. */
  writtenAt: Date;
  /** Rows whose numbers are confirmed stay flagged. */
  keepFlagged: boolean;
}

/** Rows after a merge, and what happened to them: lists of indices in `block`, in order. */
export interface Merged {
  block: RowBlock;
  /** For each row its index among the stored rows; -1 for a new one. */
  before: Int32Array;
  inserted: number[];
  replaced: number[];
  confirmed: number[];
}

/**
 * Merges an exchange's candles into stored rows by the rule of `decideMerge`; indicators are not changed.
 *
 * Both are ordered by time without repeats; so is the result.
 */
export function mergeAnswers(stored: RowBlock, answers: readonly Candle[], policy: AnswerPolicy): Merged {
  const merged = startMerge(stored.length + answers.length);
  let next = 0;
  let at = 0;
  for (const answer of answers) {
    const from = next;
    while (stored.openTime[next]! < answer.openTime) next += 1;
    at += keepRows(merged, at, stored, from, next);
    if (stored.openTime[next] === answer.openTime) {
      keepRows(merged, at, stored, next, next + 1);
      applyAnswer(merged, at, answer, policy);
      next += 1;
    } else {
      setCandle(merged.block, at, answer, policy);
      merged.inserted.push(at);
    }
    at += 1;
  }
  at += keepRows(merged, at, stored, next, stored.length);
  return { ...merged, block: trimBlock(merged.block, at), before: merged.before.subarray(0, at) };
}

/** A merge without rows; all indicators are NaN. */
function startMerge(capacity: number): Merged {
  const block = createBlock(capacity);
  for (const column of INDICATOR_COLUMNS) block[column].fill(NaN);
  return { block, before: new Int32Array(capacity).fill(-1), inserted: [], replaced: [], confirmed: [] };
}

/** Copies the stored rows from `from` up to `to`; returns their number. */
function keepRows({ block, before }: Merged, at: number, stored: RowBlock, from: number, to: number): number {
  if (from === to) return 0;
  copyRows(block, at, stored, from, to);
  for (let index = from; index < to; index += 1) before[at + index - from] = index;
  return to - from;
}

/** Applies a candle to the stored row of its minute, which stands at index `at`. */
function applyAnswer({ block, replaced, confirmed }: Merged, at: number, answer: Candle, policy: AnswerPolicy): void {
  const action = decideMerge(rowAt(block, at), answer, { ...policy, source: policy.sourceOf(answer) });
  if (action === 'replace') {
    setCandle(block, at, answer, policy);
    replaced.push(at);
  }
  if (action === 'confirm') {
    confirm(block, at, policy);
    confirmed.push(at);
  }
}

function setCandle(block: RowBlock, at: number, answer: Candle, policy: AnswerPolicy): void {
  block.openTime[at] = answer.openTime;
  block.open[at] = answer.open;
  block.high[at] = answer.high;
  block.low[at] = answer.low;
  block.close[at] = answer.close;
  block.volume[at] = answer.volume;
  block.source[at] = SOURCES.indexOf(policy.sourceOf(answer));
  block.hasMissingData[at] = 0;
  block.writtenAt[at] = policy.writtenAt.getTime();
}

/** A confirmation writes no candle; only a row without `written_at` gets one. */
function confirm(block: RowBlock, at: number, { keepFlagged, writtenAt }: AnswerPolicy): void {
  if (!keepFlagged) block.hasMissingData[at] = 0;
  if (Number.isNaN(block.writtenAt[at])) block.writtenAt[at] = writtenAt.getTime();
}
