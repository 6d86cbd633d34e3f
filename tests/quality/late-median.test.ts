import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { LateMedian } from '../../src/quality/late-median.js';
import { median } from '../../src/quality/median.js';
import { group } from '../harness/group.js';

group('LateMedian', (test) => {
  test('whenever it is asked it is the median of the newest places, sorted from scratch', () => {
    const stream = fc.array(fc.record({ value: fc.integer({ min: -50, max: 50 }), isAsked: fc.boolean() }));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 8 }), (items, capacity) => {
        const late = new LateMedian(capacity, items.length, (place) => items[place]!.value);
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
    const late = new LateMedian(3, 100, (place) => (looked.push(place), place));
    for (let place = 0; place < 100; place += 1) late.add(place);
    assert.is(late.median(), 98);
    assert.equal(looked, [97, 98, 99]);
  });
});
