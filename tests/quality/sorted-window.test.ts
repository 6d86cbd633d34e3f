import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { median, medianDeviation } from '../../src/quality/median.js';
import { SortedWindow } from '../../src/quality/sorted-window.js';
import { group } from '../harness/group.js';

group('SortedWindow', (test) => {
  test('after each value its median and spread are those of the newest values, sorted from scratch', () => {
    const stream = fc.array(fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 3 })));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 12 }), (values, capacity) => {
        const window = new SortedWindow(capacity);
        for (const [i, value] of values.entries()) {
          window.add(value);
          const newest = values.slice(Math.max(0, i + 1 - capacity), i + 1);
          assert.is(window.size, newest.length);
          assert.ok(window.median() === median(newest));
          assert.ok(window.medianDeviation() === medianDeviation(newest));
        }
      }),
    );
  });

  test('an empty one has no median', () => {
    const window = new SortedWindow(3);
    assert.equal([window.size, window.median(), window.medianDeviation()], [0, NaN, NaN]);
  });
});
