import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { loadAhead } from '../../src/core/load-ahead.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { splitRange } from '../../src/core/range.js';
import { group } from '../harness/group.js';

const STRETCHES = splitRange({ from: 0, to: 5 * MINUTE_MS }, 1);

/** Loads the number of a stretch, which takes a moment; remembers what was begun and what was ended. */
function loader(failsAt = Infinity) {
  const [begun, ended]: [number[], number[]] = [[], []];
  const load = async ({ from }: { from: number }) => {
    const place = from / MINUTE_MS;
    begun.push(place);
    await sleep(2);
    ended.push(place);
    if (place === failsAt) throw new Error(`stretch ${place} failed`);
    return place;
  };
  return { begun, ended, load };
}

group('loadAhead', (test) => {
  test('everything comes in order, and one stretch is loaded beside the one in use, never two', async () => {
    const { begun, load } = loader();
    const found: number[] = [];
    for await (const place of loadAhead(STRETCHES, load)) {
      found.push(place);
      await sleep(5);
      assert.is(begun.length, Math.min(5, place + 2));
    }
    assert.equal(found, [0, 1, 2, 3, 4]);
  });

  test('no stretch is nothing', async () => {
    for await (const place of loadAhead([], loader().load)) assert.unreachable(`found ${place}`);
  });

  test('leaving early waits for what is being loaded and begins nothing more', async () => {
    const { begun, ended, load } = loader();
    for await (const place of loadAhead(STRETCHES, load)) if (place === 1) break;
    assert.equal(begun, [0, 1, 2]);
    assert.equal(ended, [0, 1, 2]);
  });

  test('a failure comes after what was loaded before it, also when it happens while that is in use', async () => {
    const { begun, load } = loader(2);
    const found: number[] = [];
    try {
      for await (const place of loadAhead(STRETCHES, load)) {
        found.push(place);
        await sleep(10);
      }
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.is((error as Error).message, 'stretch 2 failed');
    }
    assert.equal(found, [0, 1]);
    assert.equal(begun, [0, 1, 2]);
  });
});
