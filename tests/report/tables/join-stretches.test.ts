import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { describeJoined, joinStretches } from '../../../src/report/tables/join-stretches.js';
import { group } from '../../harness/group.js';

const START = Date.parse('2025-06-01T00:00:00Z');

interface Item {
  from: number;
  to: number;
  kind: string;
}

/** A minute of a kind, counted from `START`. */
function itemAt(minute: number, kind = 'a'): Item {
  return { from: START + minute * MINUTE_MS, to: START + (minute + 1) * MINUTE_MS, kind };
}

function join(items: readonly Item[], maxStretches?: number): { joined: string; rows: (readonly number[])[] } {
  const options = { kindOf: ({ kind }: Item) => kind, ...(maxStretches !== undefined && { maxStretches }) };
  const { joined, stretches } = joinStretches(items, options);
  const toMinute = (time: number) => (time - START) / MINUTE_MS;
  return { joined, rows: stretches.map(({ from, to, items: found }) => [toMinute(from), toMinute(to), found.length]) };
}

group('stretches of a table', (test) => {
  test('things of one kind that touch are one stretch, others are not', () => {
    const minutes = [itemAt(5), itemAt(6), itemAt(7, 'b'), itemAt(7), itemAt(9)];
    assert.equal(join(minutes), {
      joined: '',
      rows: [
        [5, 8, 3],
        [7, 8, 1],
        [9, 10, 1],
      ],
    });
  });

  test('too many are joined when they are close, then by day, and the caption says so', () => {
    const hourly = Array.from({ length: 48 }, (_, hour) => itemAt(hour * 61));
    assert.equal(join(hourly, 10).rows.length, 1, 'up to an hour apart');
    const sparse = Array.from({ length: 30 }, (_, i) => itemAt(i * 400));
    const { joined, rows } = join(sparse, 10);
    assert.is(describeJoined('flags', joined), '; flags of one day are one row');
    assert.is(rows.length, 9);
    assert.equal(rows[0], [0, 1201, 4]);
    assert.is(describeJoined('flags', join([itemAt(0)]).joined), '');
  });

  test('every thing is in exactly one stretch, which is as long as they are, and there are not too many', () => {
    const minute = fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.constantFrom('a', 'b'));
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 80 }), (minutes) => {
        const items = minutes.map(([at, kind]) => itemAt(at, kind));
        const { stretches } = joinStretches(items, { kindOf: ({ kind }) => kind, maxStretches: 6 });
        assert.ok(stretches.length <= 6);
        assert.equal(stretches.flatMap((stretch) => stretch.items).length, items.length);
        for (const { from, to, items: found } of stretches) {
          assert.is(from, Math.min(...found.map((item) => item.from)));
          assert.is(to, Math.max(...found.map((item) => item.to)));
          assert.is(new Set(found.map(({ kind }) => kind)).size, 1);
        }
      }),
    );
  });
});
