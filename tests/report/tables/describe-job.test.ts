import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { describeArguments, describeCounts, findRange } from '../../../src/report/tables/describe-job.js';
import { group } from '../../harness/group.js';

group('a job in words', (test) => {
  test('its arguments are a range and what else it was asked for', () => {
    const words = (given: object) => describeArguments({ arguments: given });
    assert.is(words({}), '–');
    assert.is(
      words({ from: '2025-06-01T00:00Z', to: '2025-06-01T12:00Z', fillGaps: true, via: 'archive' }),
      '2025-06-01 00:00 – 12:00; gaps filled from fallback exchanges; via archive',
    );
    assert.is(words({ rules: ['unsound'], sigma: 4, repair: false }), 'rules unsound; spikes above mean + 4 sd');
    assert.is(words({ from: 'listing', to: '2025-06-01T12:00Z' }), 'from listing; to 2025-06-01T12:00Z');
    assert.is(words({ minNewRows: 60, someSwitch: true, other: false }), 'min new rows 60; some switch');
  });

  test('its counts name what was counted, and leave out what was not', () => {
    assert.is(describeCounts({ inserted: 39_040, replaced: 0, confirmed: 2 }), '39,040 inserted, 2 confirmed');
    assert.is(describeCounts({ spikes: 3, fromFallback: 1 }), '3 volume spikes flagged, 1 from a fallback exchange');
    assert.is(describeCounts({ inserted: 0 }), '–');
  });

  test('arguments may be anything: they come from the database', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        assert.type(describeArguments({ arguments: given }), 'string');
        findRange(given);
      }),
    );
    assert.is(findRange({ from: '2025-06-01T12:00Z', to: '2025-06-01T00:00Z' }), null);
  });
});
