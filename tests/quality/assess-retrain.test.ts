import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { assessRetrain, type RetrainFacts, type RetrainLimits } from '../../src/quality/assess-retrain.js';
import { group } from '../harness/group.js';

const FACTS: RetrainFacts = {
  rows: 600,
  window: 600,
  replaced: 0,
  fallback: 0,
  drifted: 0,
  newRows: 0,
  trainedAt: 1_000_000,
  nowMs: 1_000_000,
};
const HOUR_MS = 3_600_000;

/** Whether one reason is due. */
function isDueBy(name: string, facts: Partial<RetrainFacts>, limits: Partial<RetrainLimits>): boolean {
  const reasons = assessRetrain({ ...FACTS, ...facts }, { threshold: 1, ...limits });
  const found = reasons.find(({ reason }) => reason === name);
  if (!found) throw new Error(`the reason ${name} was not asked`);
  return found.isDue;
}

group('assessRetrain', (test) => {
  test('only replaced rows are assessed unless other limits are given', () => {
    const names = (limits: Partial<RetrainLimits>) =>
      assessRetrain(FACTS, { threshold: 0.05, ...limits }).map(({ reason }) => reason);
    assert.equal(names({}), ['replaced']);
    const all = { maxAgeMs: 1, minNewRows: 1, maxFallback: 0, maxDrift: 0 };
    assert.equal(names(all), ['replaced', 'age', 'new_rows', 'fallback', 'drift']);
  });

  test('a share is due only strictly above its threshold', () => {
    for (const [name, fact, limit] of [
      ['replaced', 'replaced', 'threshold'],
      ['fallback', 'fallback', 'maxFallback'],
      ['drift', 'drifted', 'maxDrift'],
    ] as const) {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(2000), fc.nat(100), (rows, part, percent) => {
          const count = Math.min(part, rows);
          const isAbove = 100 * count > percent * rows; // in integers, without rounding
          return isDueBy(name, { rows, [fact]: count }, { [limit]: percent / 100 }) === isAbove;
        }),
      );
    }
  });

  test('an age is due when it exceeds the limit by a millisecond', () => {
    const after = (ageMs: number) => ({ nowMs: FACTS.trainedAt! + ageMs });
    assert.is(isDueBy('age', after(HOUR_MS), { maxAgeMs: HOUR_MS }), false);
    assert.is(isDueBy('age', after(HOUR_MS + 1), { maxAgeMs: HOUR_MS }), true);
    assert.is(isDueBy('age', { trainedAt: null }, { maxAgeMs: HOUR_MS }), true);
    assert.is(isDueBy('age', after(-5000), { maxAgeMs: HOUR_MS }), false, 'a training of the future is not old');
  });

  test('new rows are due at the limit itself', () => {
    assert.is(isDueBy('new_rows', { newRows: 1439 }, { minNewRows: 1440 }), false);
    assert.is(isDueBy('new_rows', { newRows: 1440 }, { minNewRows: 1440 }), true);
  });

  test('without a row nothing is due', () => {
    const limits = { threshold: 0, maxAgeMs: 1, minNewRows: 1, maxFallback: 0, maxDrift: 0 };
    const reasons = assessRetrain({ ...FACTS, rows: 0, trainedAt: null }, limits);
    assert.equal(
      reasons.map(({ isDue }) => isDue),
      [false, false, false, false, false],
    );
  });

  test('each text has the value and the limit', () => {
    const counts = { rows: 390, replaced: 20, fallback: 1, drifted: 3, newRows: 7 };
    const limits = { threshold: 0.05, maxAgeMs: HOUR_MS, minNewRows: 9, maxFallback: 0.1, maxDrift: 0.02 };
    const texts = assessRetrain({ ...FACTS, ...counts, nowMs: FACTS.trainedAt! + 2 * HOUR_MS }, limits).map(
      ({ text }) => text,
    );
    const rows = 'of the 390 rows that there are (the window is 600) since the training of 1970-01-01T00:16:40.000Z';
    assert.equal(texts, [
      `backfill replaced 20 ${rows}: 5.13 %, due above 5.00 %`,
      'the last training was 2 h ago: due after 1 h',
      '7 rows are valid and later than the last training saw: due from 9 on',
      `fallback exchanges gave 1 ${rows}: 0.26 %, due above 10.00 %`,
      `candles that were corrected, or came later than 2 min after their minute: 3 ${rows}: 0.77 %, due above 2.00 %`,
    ]);
  });
});
