import * as assert from 'uvu/assert';
import { startPing, toPingUrl } from '../../src/monitoring/ping.js';
import { group } from '../harness/group.js';
import { type Receiver, startReceiver } from './start-receiver.js';

const ID = '0b6d9f0e-97c8-4c3c-8f0f-2f6a3c1d0f11';

group('the address of a ping', (test) => {
  for (const [url, pinged] of [
    ['https://hc-ping.com/uuid', `https://hc-ping.com/uuid/start?rid=${ID}`],
    ['https://hc-ping.com/uuid/', `https://hc-ping.com/uuid/start?rid=${ID}`],
    ['https://hc.example.com/ping/key/slug?create=1', `https://hc.example.com/ping/key/slug/start?create=1&rid=${ID}`],
    ['http://h/a?x=%20b%2Bc&y', `http://h/a/start?x=%20b%2Bc&y&rid=${ID}`],
    ['http://h/a?rid=mine', 'http://h/a/start?rid=mine'],
    ['http://h', `http://h/start?rid=${ID}`],
  ] as const) {
    test(`of ${url}`, () => assert.is(toPingUrl(url, 'start', ID), pinged));
  }
});

group<Receiver>(
  'the pings of a run',
  (test) => {
    test('are two, with one id: the start, then the exit code with the summary', async ({ url, received }) => {
      assert.is(await startPing(`${url}/check`, ID).end(3, 'BTCUSDT: 12 € left\n'), null);
      assert.equal(
        received.splice(0).map(({ method, path, body }) => [method, path, body]),
        [
          ['POST', `/check/start?rid=${ID}`, ''],
          ['POST', `/check/3?rid=${ID}`, 'BTCUSDT: 12 € left\n'],
        ],
      );
    });

    test('arrive in order, however slow the first one is', async ({ url, received, answers }) => {
      answers.push('silence');
      assert.match((await startPing(url, ID).end(0, '')) ?? '', 'no answer within 2 s');
      assert.equal(
        received.splice(0).map(({ path }) => path),
        [`/start?rid=${ID}`, `/0?rid=${ID}`],
      );
    });

    test('carry 100 kB at most, cut between characters', async ({ url, received }) => {
      await startPing(url, ID).end(0, '€'.repeat(50_000));
      const { body } = received.at(-1)!;
      assert.ok(Buffer.byteLength(body) <= 100_000, String(Buffer.byteLength(body)));
      assert.ok(Buffer.byteLength(body) > 99_900);
      assert.match(body, /^€+\n\.\.\. truncated\n$/);
    });

    test('that are refused are one problem, which names the host alone', async ({ url, answers }) => {
      answers.push({ status: 404 }, { status: 404 });
      const problem = await startPing(`${url}/secret-path?key=hidden`, ID).end(0, '');
      assert.is(problem, `${new URL(url).host} answered with HTTP 404`);
    });

    test('that are not answered are given up after two seconds each', async ({ url, answers, received }) => {
      answers.push('silence', 'silence');
      received.length = 0;
      const problem = await startPing(`${url}/secret-path`, ID).end(0, '');
      assert.is(problem, `the request to ${new URL(url).host} failed: no answer within 2 s`);
      assert.is(received.length, 2, 'each is sent once');
    });
  },
  { setup: startReceiver, teardown: ({ close }) => close() },
);
