import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { withDeadline } from '../../../src/exchange/http/deadline.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';

const AMPLE = { requestBudgetMs: 60_000, maxWaitMs: 60_000 };

group('Deadline', (test) => {
  test('the deadline ends a pause, even while garbage is collected', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const timer = setInterval(collectGarbage, 20);
    const { signal } = new AbortController();
    const failure = await expectFailure(
      withDeadline({ ...AMPLE, signal, deadlineMs: 200 }, (time) => time.pause(5_000)),
    );
    clearInterval(timer);
    assert.equal([failure.kind, failure.code], ['temporary', 'UNREACHABLE']);
    assert.match(failure.message, /no response within 0\.2 s/);
  });

  test("a wait ends with the caller's own Failure", async () => {
    const stop = new AbortController();
    const work = withDeadline({ ...AMPLE, signal: stop.signal }, (time) => time.pause(5_000));
    stop.abort(new Failure('terminated', 'asked to end'));
    assert.is((await expectFailure(work)).kind, 'terminated');
  });

  test("the listener on the caller's signal is removed at the end of the call", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...parameters: Parameters<typeof add>) => (listeners++, add(...parameters));
    signal.removeEventListener = (...parameters: Parameters<typeof remove>) => (listeners--, remove(...parameters));
    await withDeadline({ ...AMPLE, signal }, (time) => time.pause(1));
    assert.is(listeners, 0);
  });

  test('rate limit waits add up to the allowed maximum, and do not count against the request budget', () =>
    withDeadline({ requestBudgetMs: 50, maxWaitMs: 150 }, async (time) => {
      await time.waitForLimit(100, 'busy');
      assert.ok(time.allowsRetryAfter(20));
      const failure = await expectFailure(time.waitForLimit(100, 'busy'));
      assert.equal([failure.code, failure.retryAfterMs], ['RATE_LIMITED', 100]);
      await time.pause(60);
      assert.not.ok(time.allowsRetryAfter(0));
    }));
});
