import { CANDLE_FIELDS, SOURCES, type Candle } from '../core/candle.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { copyRow, createBlock, rowAt, trimBlock, type RowBlock } from '../core/row-block.js';
import { decideMerge, type MergePolicy } from './decide-merge.js';

export interface AnswerPolicy extends Omit<MergePolicy, 'source'> {
  sourceOf(answer: Candle): MergePolicy['source'];
  /** What stamps the rows that are written. */
  writtenAt: Date;
  /** Rows whose numbers are confirmed stay flagged. */
  keepFlagged: boolean;
}

/** Rows after a merge, with what happened to them: places in `block`, in order. */
export interface Merged {
  block: RowBlock;
  /** For each row its place among the stored rows; -1 for one that was not there. */
  before: Int32Array;
  inserted: number[];
  replaced: number[];
  confirmed: number[];
}

/**
 * Stored rows and an exchange's answers, merged by the rule of `decideMerge`; indicators are left as they were.
 *
 * Both are ordered by time without repeats; so is the result.
 */
export function mergeAnswers(stored: RowBlock, answers: readonly Candle[], policy: AnswerPolicy): Merged {
  const block = createBlock(stored.length + answers.length);
  const before = new Int32Array(block.length);
  const merged = { inserted: [] as number[], replaced: [] as number[], confirmed: [] as number[] };
  let next = 0;
  let at = 0;
  const copyUntil = (minute: number) => {
    for (; next < stored.length && stored.openTime[next]! < minute; next += 1, at += 1) {
      copyRow(block, at, stored, next);
      before[at] = next;
    }
  };
  for (const answer of answers) {
    copyUntil(answer.openTime);
    const isThere = next < stored.length && stored.openTime[next] === answer.openTime;
    if (isThere) {
      copyRow(block, at, stored, next);
      before[at] = next;
      next += 1;
    } else {
      clearIndicators(block, at);
      before[at] = -1;
    }
    const action = decideMerge(isThere ? rowAt(block, at) : undefined, answer, {
      ...policy,
      source: policy.sourceOf(answer),
    });
    if (action === 'insert') merged.inserted.push(at);
    if (action === 'replace') merged.replaced.push(at);
    if (action === 'confirm') merged.confirmed.push(at);
    if (action === 'insert' || action === 'replace') setCandle(block, at, answer, policy);
    if (action === 'confirm') confirm(block, at, policy);
    at += 1;
  }
  copyUntil(Infinity);
  return { ...merged, block: trimBlock(block, at), before: before.subarray(0, at) };
}

function setCandle(block: RowBlock, at: number, answer: Candle, policy: AnswerPolicy): void {
  block.openTime[at] = answer.openTime;
  for (const field of CANDLE_FIELDS) block[field][at] = answer[field];
  block.source[at] = SOURCES.indexOf(policy.sourceOf(answer));
  block.hasMissingData[at] = 0;
  block.writtenAt[at] = policy.writtenAt.getTime();
}

/** A confirmation writes no candle: only a row that this tool never wrote gets its stamp. */
function confirm(block: RowBlock, at: number, { keepFlagged, writtenAt }: AnswerPolicy): void {
  if (!keepFlagged) block.hasMissingData[at] = 0;
  if (Number.isNaN(block.writtenAt[at])) block.writtenAt[at] = writtenAt.getTime();
}

function clearIndicators(block: RowBlock, at: number): void {
  for (const column of INDICATOR_COLUMNS) block[column][at] = NaN;
}
