import { createHmac } from 'node:crypto';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { deliverWebhook, type Delivery } from '../../src/monitoring/webhook.js';
import { group } from '../harness/group.js';
import { type Received, type Receiver, startReceiver } from './start-receiver.js';

const SECRET = 'a secret of enough length';
const BODY = '{"isDue":true}\n';

function deliver({ url, received }: Receiver, signal?: AbortSignal): Promise<Delivery> {
  received.length = 0;
  return deliverWebhook(
    { url: `${url}/due`, secret: SECRET, retryDelaysMs: [20, 40, 80] },
    { body: BODY, key: 'k1', signal },
  );
}

async function failureOf(delivery: Promise<Delivery>): Promise<Failure> {
  const thrown: unknown = await delivery.then(
    () => new Error('it was delivered'),
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}

/** The signature that the receiver expects of what it got. */
function expectedSignature({ headers, body }: Received): string {
  const digest = createHmac('sha256', SECRET).update(`${String(headers['x-chartctl-timestamp'])}.${body}`);
  return `sha256=${digest.digest('hex')}`;
}

group<Receiver>(
  'a webhook',
  (test) => {
    test('is JSON with a key, and signed over the time and the body', async (receiver) => {
      const before = Math.floor(Date.now() / 1000);
      assert.equal(await deliver(receiver), { host: new URL(receiver.url).host, attempts: 1 });
      const [message] = receiver.received;
      assert.equal([message!.method, message!.path, message!.body], ['POST', '/due', BODY]);
      assert.is(message!.headers['content-type'], 'application/json');
      assert.is(message!.headers['idempotency-key'], 'k1');
      assert.is(message!.headers['x-chartctl-signature'], expectedSignature(message!));
      const sent = Number(message!.headers['x-chartctl-timestamp']);
      assert.ok(sent >= before && sent <= Date.now() / 1000, String(sent));
    });

    test('is tried again with the same key and body while it cannot be taken now', async (receiver) => {
      receiver.answers.push({ status: 503 }, 'hang up', { status: 429 });
      const started = Date.now();
      assert.is((await deliver(receiver)).attempts, 4);
      assert.ok(Date.now() - started >= 140, 'the pauses were kept');
      const { received } = receiver;
      assert.is(received.length, 4);
      assert.is(new Set(received.map(({ headers, body }) => `${String(headers['idempotency-key'])} ${body}`)).size, 1);
      for (const message of received) assert.is(message.headers['x-chartctl-signature'], expectedSignature(message));
    });

    test('is given up after four attempts, as a temporary failure that counts them', async (receiver) => {
      receiver.answers.push(...Array.from({ length: 4 }, () => ({ status: 500 })));
      const failure = await failureOf(deliver(receiver));
      assert.is(failure.kind, 'temporary');
      assert.match(failure.message, /answered with HTTP 500 \(4 attempts\)$/);
      assert.is(receiver.received.length, 4);
    });

    test('that is refused is not tried again', async (receiver) => {
      receiver.answers.push({ status: 401 });
      const failure = await failureOf(deliver(receiver));
      assert.is(failure.kind, 'failed');
      assert.is(receiver.received.length, 1);
    });

    test('waits as long as the receiver asks, but not beyond its limit', async (receiver) => {
      receiver.answers.push({ status: 429, headers: { 'retry-after': '1' } });
      const started = Date.now();
      assert.is((await deliver(receiver)).attempts, 2);
      assert.ok(Date.now() - started >= 1000);
      receiver.answers.push({ status: 429, headers: { 'retry-after': '3600' } });
      const failure = await failureOf(deliver(receiver));
      assert.equal([failure.kind, failure.retryAfterMs], ['temporary', 3_600_000]);
    });

    test('is not waited for any longer after an interruption', async (receiver) => {
      receiver.answers.push({ status: 503, headers: { 'retry-after': '30' } });
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Failure('interrupted', 'interrupted')), 100);
      assert.is((await failureOf(deliver(receiver, stop.signal))).kind, 'interrupted');
    });
  },
  { setup: startReceiver, teardown: (receiver) => receiver.close() },
);
