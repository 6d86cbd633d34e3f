import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { formatCount } from '../../src/cli/format-count.js';
import { group } from '../harness/group.js';

group('formatCount', (test) => {
  test('whole numbers read as the language itself formats them', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (count) => {
        assert.is(formatCount(count), count.toLocaleString('en-US'));
      }),
    );
    for (const count of [0, 999, 1000, -1000, 525_600, 1e6])
      assert.is(formatCount(count), count.toLocaleString('en-US'));
  });
});
