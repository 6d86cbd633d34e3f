import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { countMinutes, type MinuteRange, minutesOf, sumMinutes } from '../../../src/core/range.js';
import { planBackfill, type RangeState } from '../../../src/jobs/backfill/plan-backfill.js';
import { packRequests, REQUEST_MINUTES } from '../../../src/jobs/fetch/binance-requests.js';
import type { InvalidRow } from '../../../src/rows/row-state.js';
import { group } from '../../harness/group.js';

/** A range given in minutes. */
const minutes = (from: number, to: number): MinuteRange => ({ from: from * MINUTE_MS, to: to * MINUTE_MS });
const RANGE = minutes(1000, 1120);

function invalidRow(minute: number, changes: Partial<InvalidRow> = {}): InvalidRow {
  return {
    openTime: minute * MINUTE_MS,
    isSound: true,
    isComplete: true,
    isFlagged: false,
    isKeptFlagged: false,
    isFallback: false,
    isManaged: true,
    ...changes,
  };
}

function wanted(state: Partial<RangeState>, policy = { replaceFallback: false }): MinuteRange[] {
  return planBackfill(RANGE, { missing: [], invalidRows: [], absent: [], ...state }, policy).wanted;
}

group('planBackfill', (test) => {
  test('nothing is asked for where everything is valid', () => assert.equal(wanted({}), []));

  test('for an empty table the range and its warm-up are requested as one range', () => {
    assert.equal(wanted({ missing: [minutes(600, 1120)] }), [minutes(600, 1120)]);
  });

  test('a gap late in the range needs no look-back before the range', () => {
    assert.equal(wanted({ missing: [minutes(600, 610), minutes(1110, 1111)] }), [minutes(1110, 1111)]);
  });

  test('a gap early in the range needs the missing minutes among the 400 before it, and no others', () => {
    const missing = [minutes(600, 610), minutes(800, 801), minutes(1005, 1006)];
    assert.equal(wanted({ missing }), [minutes(605, 610), minutes(800, 801), minutes(1005, 1006)]);
  });

  test('unsound candles of the look-back are requested, flagged ones are not', () => {
    const invalidRows = [invalidRow(800, { isSound: false }), invalidRow(900, { isFlagged: true })];
    assert.equal(wanted({ missing: [minutes(1010, 1011)], invalidRows }), [minutes(800, 801), minutes(1010, 1011)]);
  });

  test('minutes that the exchange does not have are not requested, nor any look-back before them', () => {
    const missing = [minutes(700, 705), minutes(1000, 1010)];
    const invalidRows = [invalidRow(1010, { isComplete: false })];
    assert.equal(wanted({ missing, invalidRows, absent: [minutes(1000, 1010)] }), []);
  });

  test('flagged, unsound, and incomplete rows with a long enough run are suspects', () => {
    const invalidRows = [
      invalidRow(1020, { isFlagged: true }),
      invalidRow(1030, { isSound: false }),
      invalidRow(1040, { isComplete: false }),
    ];
    assert.equal(wanted({ invalidRows: invalidRows.slice(0, 1) }), [minutes(1020, 1021)]);
    assert.equal(wanted({ invalidRows: invalidRows.slice(1, 2) }), [minutes(1030, 1031)]);
    assert.equal(wanted({ invalidRows: invalidRows.slice(2) }), [minutes(1040, 1041)]);
  });

  test('a sound row of chartctl whose run is too short is not requested again; a legacy row is', () => {
    const missing = [minutes(600, 900)];
    const absent = missing;
    assert.equal(wanted({ missing, absent, invalidRows: [invalidRow(1050, { isComplete: false })] }), []);
    const legacy = invalidRow(1050, { isComplete: false, isManaged: false });
    assert.equal(wanted({ missing, absent, invalidRows: [legacy] }), [minutes(1050, 1051)]);
  });

  test('a row that is kept flagged is not requested; a fallback row only by option', () => {
    assert.equal(wanted({ invalidRows: [invalidRow(1050, { isFlagged: true, isKeptFlagged: true })] }), []);
    assert.equal(wanted({ invalidRows: [invalidRow(1050, { isFallback: true })] }), []);
    assert.equal(wanted({ invalidRows: [invalidRow(1050, { isFallback: true })] }, { replaceFallback: true }), [
      minutes(1050, 1051),
    ]);
  });

  test('requests cover exactly the wanted minutes, are at most 1,000 long, in order, and no two could be one', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 2500 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(gaps, (steps) => {
        let at = 0;
        const ranges = steps.map(([skip, length]) => {
          const from = at + skip;
          at = from + length;
          return minutes(from, at);
        });
        const requests = packRequests(ranges);
        for (const request of requests)
          assert.ok(countMinutes(request) > 0 && countMinutes(request) <= REQUEST_MINUTES);
        for (let i = 1; i < requests.length; i += 1) {
          assert.ok(requests[i]!.from >= requests[i - 1]!.to);
          assert.ok(requests[i]!.to - requests[i - 1]!.from > REQUEST_MINUTES * MINUTE_MS);
        }
        const covered = new Set(requests.flatMap((request) => [...minutesOf(request)]));
        assert.is(ranges.flatMap((range) => [...minutesOf(range)]).filter((minute) => !covered.has(minute)).length, 0);
        assert.ok(requests.length <= Math.ceil(sumMinutes(ranges) / REQUEST_MINUTES) + ranges.length);
      }),
      { numRuns: 200 },
    );
  });

  test('a gap that was filled from another exchange does not end the look-back', () => {
    const invalidRows = [invalidRow(1000, { isComplete: false })];
    assert.equal(wanted({ missing: [minutes(600, 850)], invalidRows, absent: [minutes(950, 960)] }), [
      minutes(600, 850),
    ]);
  });
});
