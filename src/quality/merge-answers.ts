import type { Candle } from '../core/candle.js';
import type { ChartRow } from '../core/chart-row.js';
import { INDICATOR_COLUMNS, type Indicators } from '../core/indicator-columns.js';
import { decideMerge, type MergeAction, type MergePolicy } from './decide-merge.js';

export interface AnswerPolicy extends Omit<MergePolicy, 'source'> {
  sourceOf(answer: Candle): MergePolicy['source'];
  /** What stamps the rows that are written. */
  writtenAt: Date;
  /** Rows whose numbers are confirmed stay flagged. */
  keepFlagged: boolean;
}

/** A row after the merge, with what happened to it and how it stood before. */
export interface MergedRow {
  row: ChartRow;
  before: ChartRow | undefined;
  action: MergeAction;
}

const NO_INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

/**
 * Stored rows and an exchange's answers, merged by the rule of `decideMerge`; indicators are left as they were.
 *
 * Both lists are ordered by time without repeats; so is the result.
 */
export function mergeAnswers(rows: readonly ChartRow[], answers: readonly Candle[], policy: AnswerPolicy): MergedRow[] {
  const merged: MergedRow[] = [];
  let next = 0;
  for (const answer of answers) {
    while (next < rows.length && rows[next]!.openTime < answer.openTime) merged.push(untouched(rows[next++]!));
    const before = rows[next]?.openTime === answer.openTime ? rows[next++] : undefined;
    merged.push(applyAnswer(before, answer, policy));
  }
  while (next < rows.length) merged.push(untouched(rows[next++]!));
  return merged;
}

function untouched(row: ChartRow): MergedRow {
  return { row, before: row, action: 'keep' };
}

function applyAnswer(before: ChartRow | undefined, answer: Candle, policy: AnswerPolicy): MergedRow {
  const source = policy.sourceOf(answer);
  const { writtenAt, replaceFallback, replaceValid } = policy;
  const action = decideMerge(before, answer, { source, replaceFallback, replaceValid });
  if (before && action === 'keep') return untouched(before);
  if (before && action === 'confirm') {
    const hasMissingData = before.hasMissingData && policy.keepFlagged;
    // a confirmation writes no candle: only a row that this tool never wrote gets its stamp
    return { row: { ...before, hasMissingData, writtenAt: before.writtenAt ?? writtenAt }, before, action };
  }
  const indicators = before?.indicators ?? NO_INDICATORS;
  const { openTime, open, high, low, close, volume } = answer;
  const candle = { openTime, open, high, low, close, volume };
  return {
    row: { ...candle, indicators, source, hasMissingData: false, isComplete: before?.isComplete ?? false, writtenAt },
    before,
    action,
  };
}
