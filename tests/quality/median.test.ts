import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { LazyMedian, median, medianDeviation, SortedWindow } from '../../src/quality/median.js';
import { group } from '../harness/group.js';

group('SortedWindow', (test) => {
  test('after each value, median and deviation equal those of the sorted newest values', () => {
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

  test('an empty window has no median', () => {
    const window = new SortedWindow(3);
    assert.equal([window.size, window.median(), window.medianDeviation()], [0, NaN, NaN]);
  });
});

group('LazyMedian', (test) => {
  test('each reading equals the median of the sorted newest values', () => {
    const stream = fc.array(fc.record({ value: fc.integer({ min: -50, max: 50 }), isAsked: fc.boolean() }));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 8 }), (items, capacity) => {
        const lazy = new LazyMedian(capacity, items.length, (index) => items[index]!.value);
        for (const [i, { isAsked }] of items.entries()) {
          lazy.add(i);
          const newest = items.slice(Math.max(0, i + 1 - capacity), i + 1).map(({ value }) => value);
          if (isAsked) assert.is(lazy.median(), median(newest));
        }
      }),
    );
  });

  test('values are only read when the median is', () => {
    const looked: number[] = [];
    const lazy = new LazyMedian(3, 100, (index) => (looked.push(index), index));
    for (let index = 0; index < 100; index += 1) lazy.add(index);
    assert.is(lazy.median(), 98);
    assert.equal(looked, [97, 98, 99]);
  });
});
