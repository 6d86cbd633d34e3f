import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deliverWebhook, signBody } from '../../src/monitoring/webhook.js';
import { group } from '../harness/group.js';
import { type Received, startReceiver } from './start-receiver.js';

const SECRET = 'a secret of enough length: ü';
const README = readFileSync('src/commands/README.md', 'utf8');

/** The manual's code in a language that verifies a message. */
function readCode(language: string): string {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code!,
  );
  const found = blocks.filter((code) => /is_?genuine/i.test(code));
  if (found.length !== 1) throw new Error(`the manual has ${found.length} pieces of ${language} that verify a message`);
  return found[0]!;
}

/** A message as chartctl sends it, with the names of its headers as they are sent. */
async function receive(): Promise<{ headers: Record<string, string>; body: string }> {
  const receiver = await startReceiver();
  const body = '{"isDue":true,"note":"grüße"}\n';
  await deliverWebhook({ url: receiver.url, secret: SECRET }, { body, key: 'k' });
  await receiver.close();
  const { headers, body: received }: Received = receiver.received[0]!;
  return { headers: headers as Record<string, string>, body: received };
}

/** Each message, and whether it is genuine. */
async function variants() {
  const { headers, body } = await receive();
  const timestamp = 'x-chartctl-timestamp';
  const signature = 'x-chartctl-signature';
  return [
    { headers, body, isGenuine: true },
    { headers, body: body.replace('true', 'false'), isGenuine: false },
    { headers: { ...headers, [timestamp]: String(Number(headers[timestamp]) + 1) }, body, isGenuine: false },
    { headers: { ...headers, [signature]: 'sha256=ü' }, body, isGenuine: false },
    { headers: { [timestamp]: headers[timestamp]! }, body, isGenuine: false },
    { headers: {}, body, isGenuine: false },
    { headers: { ...headers, ...sentLongAgo(body) }, body, isGenuine: false },
  ];
}

/** The headers of a message that was signed well, an hour ago. */
function sentLongAgo(body: string): Record<string, string> {
  const signed = Object.entries(signBody(body, SECRET, Date.now() - 3_600_000));
  return Object.fromEntries(signed.map(([name, value]) => [name.toLowerCase(), value]));
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

group<string>(
  "the manual's way to verify a webhook",
  (test) => {
    test('accepts genuine messages only, in Node', async (folder) => {
      const file = join(folder, 'verify.mjs');
      writeFileSync(file, readCode('js'));
      const { isGenuine } = (await import(file)) as {
        isGenuine: (headers: object, body: string, secret: string) => boolean;
      };
      for (const one of await variants()) {
        assert.is(isGenuine(one.headers, one.body, SECRET), one.isGenuine, JSON.stringify(one));
      }
    });

    if (!hasPython) {
      test.skip('accepts genuine messages only, in Python', 'no python3 here');
      return;
    }
    test('accepts genuine messages only, in Python', async (folder) => {
      const file = join(folder, 'verify.py');
      const ask = `
import json, sys
from email.message import Message  # its names of headers fit in any case, as those of Python's servers do
verdicts = []
for one in json.load(sys.stdin)["messages"]:
    headers = Message()
    for name, value in one["headers"].items():
        headers[name] = value
    verdicts.append(is_genuine(headers, one["body"].encode(), ${JSON.stringify(SECRET)}))
print(json.dumps(verdicts))
`;
      writeFileSync(file, readCode('python') + ask);
      const messages = await variants();
      const { stdout, stderr } = spawnSync('python3', [file], {
        input: JSON.stringify({ messages }),
        encoding: 'utf8',
      });
      assert.is(stderr, '');
      assert.equal(
        JSON.parse(stdout),
        messages.map(({ isGenuine }) => isGenuine),
      );
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-verify-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
