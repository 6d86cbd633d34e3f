import { SOURCES } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { candleAt, type CandleColumns, copyColumns, sliceColumns } from '../rows/candle-columns.js';
import { copyRows, createBlock, rowAt, type RowBlock, trimBlock } from '../rows/row-block.js';
import { decideMerge, type MergePolicy } from './decide-merge.js';

/** The merge policy of a batch whose candles may come from several sources. */
interface AnswerPolicy extends Omit<MergePolicy, 'source'> {
  sourceOf(openTime: Minute): MergePolicy['source'];
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
export function mergeAnswers(stored: RowBlock, answers: CandleColumns, policy: AnswerPolicy): Merged {
  const merged = startMerge(stored.length + answers.length);
  let next = 0;
  let at = 0;
  for (let i = 0; i < answers.length;) {
    const openTime = answers.openTime[i]!;
    const from = next;
    while (stored.openTime[next]! < openTime) next += 1;
    at += keepRows(merged, at, stored, from, next);
    if (stored.openTime[next] === openTime) {
      at += keepRows(merged, at, stored, next, next + 1);
      applyAnswer(merged, at - 1, answers, i, policy);
      next += 1;
      i += 1;
    } else {
      const first = i;
      const nextStored = stored.openTime[next] ?? Infinity;
      while (answers.openTime[i]! < nextStored) i += 1;
      at += insertCandles(merged, at, answers, first, i, policy);
    }
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

/** Adds the candles from `from` up to `to` as new rows; returns their number. */
function insertCandles(
  { block, inserted }: Merged,
  at: number,
  answers: CandleColumns,
  from: number,
  to: number,
  policy: AnswerPolicy,
): number {
  setCandles(block, at, sliceColumns(answers, from, to), policy);
  for (let index = at; index < at + to - from; index += 1) inserted.push(index);
  return to - from;
}

/** Applies a candle to the stored row of its minute, which stands at index `at`. */
function applyAnswer(merged: Merged, at: number, answers: CandleColumns, i: number, policy: AnswerPolicy): void {
  const { block, replaced, confirmed } = merged;
  const answer = candleAt(answers, i);
  const action = decideMerge(rowAt(block, at), answer, { ...policy, source: policy.sourceOf(answer.openTime) });
  if (action === 'replace') {
    setCandles(block, at, sliceColumns(answers, i, i + 1), policy);
    replaced.push(at);
  }
  if (action === 'confirm') {
    confirm(block, at, policy);
    confirmed.push(at);
  }
}

/** Makes candles the rows of a block that begin at index `at`. */
function setCandles(block: RowBlock, at: number, candles: CandleColumns, policy: AnswerPolicy): void {
  const end = at + candles.length;
  copyColumns(block, at, candles);
  for (let i = 0; i < candles.length; i += 1) {
    block.source[at + i] = SOURCES.indexOf(policy.sourceOf(candles.openTime[i]!));
  }
  block.hasMissingData.fill(0, at, end);
  block.writtenAt.fill(policy.writtenAt.getTime(), at, end);
}

/** A confirmation writes no candle; only a row without `written_at` gets one. */
function confirm(block: RowBlock, at: number, { keepFlagged, writtenAt }: AnswerPolicy): void {
  if (!keepFlagged) block.hasMissingData[at] = 0;
  if (Number.isNaN(block.writtenAt[at])) block.writtenAt[at] = writtenAt.getTime();
}
