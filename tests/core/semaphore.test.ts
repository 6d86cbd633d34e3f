import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Semaphore } from '../../src/core/semaphore.js';
import { group } from '../harness/group.js';

group('Semaphore', (test) => {
  test('never runs more tasks than its limit, and all of them in the end', async () => {
    const semaphore = new Semaphore(3);
    let [running, most, done] = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const release = await semaphore.acquire();
        most = Math.max(most, (running += 1));
        await sleep(1);
        running -= 1;
        done += 1;
        release();
      }),
    );
    assert.equal([most, done], [3, 20]);
  });

  test('an aborted wait does not take a permit', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const stop = new AbortController();
    const aborted = semaphore.acquire(stop.signal);
    const waiting = semaphore.acquire();
    stop.abort(new Error('enough'));
    await aborted.then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), /enough/),
    );
    release();
    (await waiting)();
    (await semaphore.acquire())();
  });
});
