import * as assert from 'uvu/assert';
import { answersCleanRule, answersDifference, selectUnanswered } from '../../src/quality/select-new-flags.js';
import type { RecordedFlag } from '../../src/rows/row-state.js';
import { group } from '../harness/group.js';

const ROW: RecordedFlag = { minute: 1, rule: null, state: null, isOfCandle: false, isFlagged: false };
const open = (rule: string, isFlagged = true): RecordedFlag => ({ ...ROW, rule, state: 'open', isFlagged });
const settled = (rule: string, state: string, isOfCandle = true): RecordedFlag => ({ ...ROW, rule, state, isOfCandle });

/** Whether a flag of `rule` would be raised on a row with this record. */
const isRaised = (rule: string, record: RecordedFlag, answers: typeof answersCleanRule) =>
  selectUnanswered([{ openTime: 1, rule }], [record], answers).length === 1;

group('selectUnanswered', (test) => {
  test('rows without a recorded flag get one, minutes without a row do not', () => {
    const flags = [1, 2].map((openTime) => ({ openTime, rule: 'volume_spike' }));
    assert.equal(selectUnanswered(flags, [ROW], answersCleanRule), [flags[0]]);
  });

  test('one answer among several recorded flags is enough', () => {
    const records = [open('flat_price'), settled('volume_spike', 'confirmed')];
    assert.equal(selectUnanswered([{ openTime: 1, rule: 'volume_spike' }], records, answersCleanRule), []);
  });

  test('an open flag answers its own rule while the row is flagged', () => {
    for (const answers of [answersCleanRule, answersDifference]) {
      assert.not(isRaised('a', open('a'), answers));
      assert.ok(isRaised('a', open('a', false), answers));
      assert.ok(isRaised('a', open('b'), answers));
    }
  });

  test('a flag settled for the present numbers answers every rule but unsound', () => {
    assert.not(isRaised('volume_spike', settled('flat_price', 'confirmed'), answersCleanRule));
    assert.ok(isRaised('volume_spike', settled('flat_price', 'confirmed', false), answersCleanRule));
    assert.ok(isRaised('unsound', settled('flat_price', 'accepted'), answersCleanRule));
    assert.not(isRaised('unsound', settled('unsound', 'accepted'), answersCleanRule));
  });

  test('a difference is answered by an acceptance of the same rule, not by a confirmation', () => {
    assert.not(isRaised('revised', settled('revised', 'accepted'), answersDifference));
    assert.ok(isRaised('revised', settled('revised', 'accepted', false), answersDifference));
    assert.ok(isRaised('revised', settled('revised', 'confirmed'), answersDifference));
    assert.ok(isRaised('revised', settled('other', 'accepted'), answersDifference));
  });
});
