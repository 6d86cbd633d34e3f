import type { Minute } from '../core/minute.js';
import type { RecordedFlag } from '../rows/row-state.js';

interface Flag {
  openTime: Minute;
  rule: string;
}

/** Whether a recorded flag makes it unnecessary to raise one of the rule on the same row. */
type Answers = (recorded: RecordedFlag, rule: string) => boolean;

/**
 * A flag of the rule is open, or a flag was settled for the numbers that the row still has. A flag of the rule `unsound` is
 * answered only by a settled flag of that rule.
 */
export const answersCleanRule: Answers = ({ rule, state, isFlagged, isOfCandle }, raised) => {
  if (state === 'open') return rule === raised && isFlagged;
  return isOfCandle && (rule === raised || raised !== 'unsound');
};

/**
 * A flag of the rule is open, or was accepted with the numbers that the row still has. An earlier confirmation by the
 * exchange does not count, because the exchange now returns other numbers.
 */
export const answersDifference: Answers = ({ rule, state, isFlagged, isOfCandle }, raised) => {
  return rule === raised && ((state === 'open' && isFlagged) || (state === 'accepted' && isOfCandle));
};

/**
 * Of flags to raise, those that no recorded flag of the same row answers, in the same order. Flags of minutes without a
 * row are left out.
 *
 * @param recorded the rows of these minutes with each of their recorded flags
 */
export function selectUnanswered<F extends Flag>(
  flags: readonly F[],
  recorded: readonly RecordedFlag[],
  answers: Answers,
): F[] {
  const byMinute = new Map<Minute, RecordedFlag[]>();
  for (const record of recorded) {
    const others = byMinute.get(record.minute);
    if (others) others.push(record);
    else byMinute.set(record.minute, [record]);
  }
  return flags.filter(({ openTime, rule }) => {
    const found = byMinute.get(openTime);
    return found !== undefined && !found.some((record) => answers(record, rule));
  });
}
