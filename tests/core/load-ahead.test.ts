import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { loadAhead } from '../../src/core/load-ahead.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { splitRange } from '../../src/core/range.js';
import { group } from '../harness/group.js';

const RANGES = splitRange({ from: 0, to: 5 * MINUTE_MS }, 1);

/** Loads the index of a range after a pause; records which loads were begun and ended. */
function loader(failsAt = Infinity) {
  const [begun, ended]: [number[], number[]] = [[], []];
  const load = async ({ from }: { from: number }) => {
    const place = from / MINUTE_MS;
    begun.push(place);
    await sleep(2);
    ended.push(place);
    if (place === failsAt) throw new Error(`range ${place} failed`);
    return place;
  };
  return { begun, ended, load };
}

group('loadAhead', (test) => {
  test('results come in order, and at most one range is loaded beside the one in use', async () => {
    const { begun, load } = loader();
    const found: number[] = [];
    for await (const place of loadAhead(RANGES, load)) {
      found.push(place);
      await sleep(5);
      assert.is(begun.length, Math.min(5, place + 2));
    }
    assert.equal(found, [0, 1, 2, 3, 4]);
  });

  test('without ranges, nothing is loaded', async () => {
    for await (const place of loadAhead([], loader().load)) assert.unreachable(`found ${place}`);
  });

  test('leaving early waits for the load in progress and begins no other', async () => {
    const { begun, ended, load } = loader();
    for await (const place of loadAhead(RANGES, load)) if (place === 1) break;
    assert.equal(begun, [0, 1, 2]);
    assert.equal(ended, [0, 1, 2]);
  });

  test('a failure is thrown after the results before it, also when it happens while one of them is in use', async () => {
    const { begun, load } = loader(2);
    const found: number[] = [];
    try {
      for await (const place of loadAhead(RANGES, load)) {
        found.push(place);
        await sleep(10);
      }
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.is((error as Error).message, 'range 2 failed');
    }
    assert.equal(found, [0, 1]);
    assert.equal(begun, [0, 1, 2]);
  });
});
