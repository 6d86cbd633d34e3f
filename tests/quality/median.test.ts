import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { LazyMedian, median, medianDeviation, SortedWindow } from '../../src/quality/median.js';
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

group('LateMedian', (test) => {
  test('whenever it is asked it is the median of the newest places, sorted from scratch', () => {
    const stream = fc.array(fc.record({ value: fc.integer({ min: -50, max: 50 }), isAsked: fc.boolean() }));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 8 }), (items, capacity) => {
        const late = new LazyMedian(capacity, items.length, (place) => items[place]!.value);
        for (const [i, { isAsked }] of items.entries()) {
          late.add(i);
          const newest = items.slice(Math.max(0, i + 1 - capacity), i + 1).map(({ value }) => value);
          if (isAsked) assert.is(late.median(), median(newest));
        }
      }),
    );
  });

  test('a place whose median nobody asks for is never looked up', () => {
    const looked: number[] = [];
    const late = new LazyMedian(3, 100, (place) => (looked.push(place), place));
    for (let place = 0; place < 100; place += 1) late.add(place);
    assert.is(late.median(), 98);
    assert.equal(looked, [97, 98, 99]);
  });
});
