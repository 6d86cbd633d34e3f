import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { type OutgoingMessage, sendRequest } from '../../src/monitoring/send-request.js';
import { group } from '../harness/group.js';
import { type Receiver, startReceiver } from './start-receiver.js';

/** The failure of a message that was not taken. */
async function failureOf(message: Omit<OutgoingMessage, 'timeoutMs'> & { timeoutMs?: number }): Promise<Failure> {
  try {
    await sendRequest({ timeoutMs: 5000, ...message });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the message was taken');
}

group<Receiver>(
  'a message to a service',
  (test) => {
    test('arrives with its method, path, headers and body', async ({ url, received }) => {
      const headers = { 'X-Mark': 'a' };
      assert.equal(await sendRequest({ url: `${url}/a?b=1`, headers, body: 'grüße', timeoutMs: 5000 }), {
        status: 204,
      });
      await sendRequest({ url: `${url}/start`, method: 'GET', timeoutMs: 5000 });
      const [post, get] = received.splice(0);
      assert.equal([post!.method, post!.path, post!.headers['x-mark'], post!.body], ['POST', '/a?b=1', 'a', 'grüße']);
      assert.equal([get!.method, get!.path, get!.body], ['GET', '/start', '']);
    });

    test('user and password of the address are sent as credentials, and never shown', async ({
      url,
      received,
      answers,
    }) => {
      const secretUrl = url.replace('//', '//me:p%40ss@');
      answers.push({ status: 204 }, { status: 403 }, 'hang up');
      await sendRequest({ url: secretUrl, timeoutMs: 5000 });
      assert.is(received.at(-1)!.headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
      for (const failure of [await failureOf({ url: secretUrl }), await failureOf({ url: secretUrl })]) {
        const { host } = new URL(url);
        assert.ok(failure.message.includes(host), failure.message);
        assert.not.match(`${failure.message} ${failure.hint} ${String(failure.cause)}`, /p%40ss|p@ss|me:/);
      }
    });

    test('a password may hold a per cent sign that begins no escape sequence', async ({ url, received }) => {
      await sendRequest({ url: url.replace('//', '//me:5%off%40@'), timeoutMs: 5000 });
      assert.is(received.at(-1)!.headers.authorization, `Basic ${Buffer.from('me:5%off@').toString('base64')}`);
    });

    test('a passing status is a temporary failure, a refusal a permanent one', async ({ url, answers }) => {
      for (const [status, kind] of [
        [500, 'temporary'],
        [503, 'temporary'],
        [429, 'temporary'],
        [408, 'temporary'],
        [400, 'failed'],
        [404, 'failed'],
        [410, 'failed'],
        [302, 'failed'],
      ] as const) {
        answers.push({ status, headers: { location: `${url}/elsewhere` } });
        const failure = await failureOf({ url });
        assert.equal([failure.kind, failure.code], [kind, 'NOT_TOLD'], String(status));
        assert.match(failure.message, `answered with HTTP ${status}`);
      }
    });

    test('a redirect is not followed', async ({ url, received, answers }) => {
      received.length = 0;
      answers.push({ status: 307, headers: { location: `${url}/elsewhere` } });
      await failureOf({ url: `${url}/here` });
      assert.equal(
        received.map(({ path }) => path),
        ['/here'],
      );
    });

    test('Retry-After gives the wait in seconds or as a time', async ({ url, answers }) => {
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      answers.push({ status: 503, headers: { 'retry-after': '7' } });
      answers.push({ status: 429, headers: { 'retry-after': inAMinute } });
      answers.push({ status: 429, headers: { 'retry-after': 'soon' } });
      assert.is((await failureOf({ url })).retryAfterMs, 7000);
      const { retryAfterMs } = await failureOf({ url });
      assert.ok(retryAfterMs! > 50_000 && retryAfterMs! <= 60_000, String(retryAfterMs));
      assert.is((await failureOf({ url })).retryAfterMs, undefined);
    });

    test('refused, unanswered and dropped connections are temporary failures', async ({ url, answers }) => {
      const gone = await startReceiver();
      await gone.close();
      const refused = await failureOf({ url: `${gone.url}/secret-path` });
      assert.equal(
        [refused.kind, refused.message],
        ['temporary', `the request to ${new URL(gone.url).host} failed: ECONNREFUSED`],
      );
      answers.push('silence', 'hang up');
      const late = await failureOf({ url, timeoutMs: 200 });
      assert.equal(
        [late.kind, late.message],
        ['temporary', `the request to ${new URL(url).host} failed: no answer within 0.2 s`],
      );
      assert.is((await failureOf({ url })).kind, 'temporary');
    });

    test('an interruption ends the waiting, with its own failure', async ({ url, answers }) => {
      answers.push('silence');
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Failure('terminated', 'terminated')), 50);
      assert.is((await failureOf({ url, signal: stop.signal })).kind, 'terminated');
    });
  },
  { setup: startReceiver, teardown: (receiver) => receiver.close() },
);
