import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Semaphore } from '../../src/core/semaphore.js';
import { group } from '../harness/group.js';

group('Turnstile', (test) => {
  test('never lets more in than its limit, and everybody in the end', async () => {
    const turnstile = new Semaphore(3);
    let [inside, most, done] = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const leave = await turnstile.acquire();
        most = Math.max(most, (inside += 1));
        await sleep(1);
        inside -= 1;
        done += 1;
        leave();
      }),
    );
    assert.equal([most, done], [3, 20]);
  });

  test('who gives up in the line does not take a place away', async () => {
    const turnstile = new Semaphore(1);
    const leave = await turnstile.acquire();
    const stop = new AbortController();
    const impatient = turnstile.acquire(stop.signal);
    const patient = turnstile.acquire();
    stop.abort(new Error('enough'));
    await impatient.then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), /enough/),
    );
    leave();
    (await patient)();
    (await turnstile.acquire())();
  });
});
