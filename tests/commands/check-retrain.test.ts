import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse as parseYaml } from 'yaml';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { databases, type TestDatabase } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { readGithubOutput } from '../monitoring/read-github-output.js';
import { type Receiver, startReceiver } from '../monitoring/start-receiver.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:05Z');
const SECRET = 'of-enough-length-geheim';
const TRAIN = `require('fs').writeFileSync('out.json', JSON.stringify({ argv: process.argv.slice(1), env: process.env, input: require('fs').readFileSync(0, 'utf8') }))`;

interface Shell {
  cwd: string;
  exchange: Loopback;
  receiver: Receiver;
  database: TestDatabase;
  /** A call of check-retrain, with variables added to its environment. */
  check: (argv: string[], env?: Record<string, string>) => Promise<ProcessResult>;
}

/** Quoted so that `splitCommand` keeps the program as one argument. */
const quoted = (...words: string[]) => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

// the tests depend on their order: a backfill wrote every row, and each test may record a training
group<Shell>(
  'the command check-retrain',
  (test) => {
    test('lists the reasons for which each symbol is due, as text and as JSON', async ({ check }) => {
      const asked = ['--all', '--max-age', '7d', '--min-new-rows', '100000', '--max-fallback', '.1'];
      const people = await check(asked);
      assert.is(people.exitCode, 0, people.stderr);
      assert.match(people.stdout, /^threshold: 5\.00 %$/m);
      assert.match(people.stdout, /^BTCUSDT +600 +600 +100\.00 % +yes: replaced, age$/m);
      assert.match(
        people.stdout,
        /^BTCUSDT DOGEUSDT ETHUSDT XRPUSDT: due by replaced: backfill replaced 600 of the last 600 rows and no training was recorded yet: 100\.00 %, due above 5\.00 %$/m,
      );
      assert.match(
        people.stdout,
        /^BTCUSDT DOGEUSDT ETHUSDT XRPUSDT: due by age: no training was recorded yet: due after 7 d$/m,
      );
      assert.match(
        people.stdout,
        /^BTCUSDT DOGEUSDT ETHUSDT XRPUSDT: not due by new_rows: 600 rows are valid, none .*: due from 100000 on$/m,
      );
      assert.match(
        people.stdout,
        /^BTCUSDT DOGEUSDT ETHUSDT XRPUSDT: not due by fallback: fallback exchanges gave 0 of /m,
      );

      const { symbols, isDue } = parse(await check([...asked, '--json', '--exit-code']));
      assert.is(isDue, true);
      const values = symbols[0]!.reasons.map(({ reason, value, threshold, unit, isDue }) => [
        reason,
        value,
        threshold,
        unit,
        isDue,
      ]);
      assert.equal(values, [
        ['replaced', 1, 0.05, 'share', true],
        ['age', null, 604_800, 'seconds', true],
        ['new_rows', 600, 100_000, 'rows', false],
        ['fallback', 0, 0.1, 'share', false],
      ]);
    });

    test('--github-output writes outputs and changes nothing else', async ({ check, cwd }) => {
      const file = join(cwd, 'outputs');
      const ended = await check(['BTCUSDT', 'ETHUSDT', '--github-output'], { GITHUB_OUTPUT: file });
      assert.is(ended.exitCode, 0, ended.stderr);
      const { due, symbols, reason } = readGithubOutput(readFileSync(file, 'utf8'));
      assert.equal([due, symbols, reason!.split('\n').length], ['true', 'BTCUSDT,ETHUSDT', 2]);
    });

    test("the manual's steps for GitHub Actions use existing outputs", async ({ check, cwd }) => {
      const [, yaml] =
        /^```yaml\n(- id: retrain\n[^]*?)^```$/m.exec(readFileSync('src/schedule/README.md', 'utf8')) ?? [];
      const [asking, training] = parseYaml(yaml!) as { run: string; if?: string; env: Record<string, string> }[];
      const file = join(cwd, 'manual-outputs');
      const ended = await check(asking!.run.split(' ').slice(3), { GITHUB_OUTPUT: file });
      assert.is(ended.exitCode, 0, ended.stderr);
      const outputs = readGithubOutput(readFileSync(file, 'utf8'));
      assert.is(outputs.due, 'true');
      const used = [...yaml!.matchAll(/steps\.retrain\.outputs\.(\w+)/g)].map(([, name]) => name!);
      assert.equal(used, ['due', 'symbols']);
      for (const name of used) assert.type(outputs[name], 'string');
      assert.is(training!.if, `steps.retrain.outputs.due == 'true'`);
      assert.not.match(training!.run, '${{', 'no text of an output may become a part of the shell line');
    });

    test('--webhook signs with the secret of the environment or of .env, and shows neither it nor the address', async ({
      check,
      receiver,
      cwd,
    }) => {
      const url = `${receiver.url.replace('//', '//me:pass-geheim@')}/path-geheim`;
      const accepted = await check(['BTCUSDT', '--webhook', url], { CHARTCTL_WEBHOOK_SECRET: SECRET });
      assert.is(accepted.exitCode, 0, accepted.stderr);
      assert.match(accepted.stdout, /^127\.0\.0\.1:\d+ accepted the message$/m);
      writeFileSync(join(cwd, '.env'), `CHARTCTL_WEBHOOK_SECRET=${SECRET}\n`);
      receiver.answers.push({ status: 404 });
      const refused = await check(['BTCUSDT', '--webhook', url, '--json']);
      rmSync(join(cwd, '.env'));
      assert.is(refused.exitCode, 1);
      assert.match(refused.stderr, /^error: BTCUSDT: 127\.0\.0\.1:\d+ answered with HTTP 404$/m);
      assert.is(receiver.received.length, 2);
      for (const text of [accepted.stdout, accepted.stderr, refused.stdout, refused.stderr])
        assert.not.match(text, 'geheim');
    });

    test('a configured hook runs, but not with --no-hooks or --mark-trained', async ({ check, receiver }) => {
      receiver.received.length = 0;
      const environment = { CHARTCTL_WEBHOOK: receiver.url, CHARTCTL_WEBHOOK_SECRET: SECRET };
      assert.is((await check(['BTCUSDT', '--no-hooks'], environment)).exitCode, 0);
      assert.is((await check(['DOGEUSDT', '--mark-trained'], { CHARTCTL_WEBHOOK: receiver.url })).exitCode, 0);
      assert.is(receiver.received.length, 0);
      assert.is((await check(['BTCUSDT'], environment)).exitCode, 0);
      assert.is(receiver.received.length, 1);
      const secretless = await check(['BTCUSDT'], { CHARTCTL_WEBHOOK: receiver.url });
      assert.is(secretless.exitCode, 2);
      assert.match(secretless.stderr, /^error: CHARTCTL_WEBHOOK needs a secret .*CHARTCTL_WEBHOOK_SECRET is not set$/m);
    });

    test('--exec receives the due symbols and reasons, and its exit code is shown', async ({ check, cwd }) => {
      const program = quoted(
        process.execPath,
        '-e',
        `process.chdir(${JSON.stringify(cwd)}); ${TRAIN}`,
        '--',
        '; $(id) "x"',
      );
      const ended = await check(['BTCUSDT', 'ETHUSDT', '--exec', program, '--json'], { MINE: 'kept' });
      assert.is(ended.exitCode, 0, ended.stderr);
      const { argv, env, input } = JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8')) as Seen;
      const document = parse(ended);
      assert.equal(argv, ['; $(id) "x"']);
      assert.is(env.MINE, 'kept');
      assert.is(env.CHARTCTL_DUE_SYMBOLS, 'BTCUSDT,ETHUSDT');
      assert.is(env.CHARTCTL_JOB_ID, String(document.jobId));
      const handed = JSON.parse(input) as Document;
      assert.equal(
        handed.symbols,
        document.symbols.map(({ ok, marked, ...rest }) => (assert.ok(ok && marked), rest)),
      );
      assert.is(document.exec?.exitCode, 0);
    });

    test('--exec does not inherit the secret that signs webhooks', async ({ check, cwd }) => {
      const program = quoted(
        process.execPath,
        '-e',
        `process.chdir(${JSON.stringify(cwd)}); ${TRAIN}; process.exitCode = 7`,
      );
      const train = async (environment: Record<string, string>) => {
        rmSync(join(cwd, 'out.json'), { force: true });
        const ended = await check(['XRPUSDT', '--exec', program], environment);
        assert.is(ended.exitCode, 1, ended.stderr); // a failed training is due again
        return readFileSync(join(cwd, 'out.json'), 'utf8');
      };
      const output = await train({ MINE: 'kept', CHARTCTL_WEBHOOK_SECRET: SECRET });
      assert.match(output, '"MINE":"kept"');
      assert.not.match(output, SECRET);
      writeFileSync(join(cwd, '.env'), `CHARTCTL_WEBHOOK_SECRET=${SECRET}\n`);
      assert.not.match(await train({}), SECRET);
      rmSync(join(cwd, '.env'));
    });

    test('a recorded training is shown beside the reasons', async ({ check }) => {
      const marked = await check(['XRPUSDT', '--mark-trained']);
      assert.match(marked.stdout, /^XRPUSDT .* yes: replaced \(now marked as trained\)$/m);
      assert.match(
        marked.stdout,
        /^XRPUSDT: recorded as trained on: 600 rows of 2025-06-01T02:00Z\.\.12:00Z \(600 min\)$/m,
      );
      const again = await check(['XRPUSDT', '--mark-trained', '--exit-code']);
      assert.is(again.exitCode, 0);
      assert.match(again.stdout, / \d{4}-\S+ +no \(now marked as trained\)$/m);
    });
  },
  { setup: open, teardown: close },
);

interface Seen {
  argv: string[];
  env: Record<string, string>;
  input: string;
}

interface Document {
  jobId: number;
  isDue: boolean;
  exec: { exitCode: number } | null;
  symbols: {
    ok: boolean;
    marked: object | null;
    reasons: { reason: string; value: number | null; threshold: number; unit: string; isDue: boolean }[];
  }[];
}

const parse = (ended: ProcessResult) => JSON.parse(ended.stdout) as Document;

async function open(): Promise<Shell> {
  const database = await databases().at(-1)!.create();
  const symbols = ['BTCUSDT', 'DOGEUSDT', 'ETHUSDT', 'XRPUSDT'];
  const exchange = await startLoopback({ binance: generatedSource(symbols), nowMs: NOW });
  const cwd = mkdtempSync(join(tmpdir(), 'chartctl-check-retrain-'));
  const { config } = database;
  const place = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const surroundings = { ...exchange.environment, ...place };
  for (const argv of [['migrate'], ['backfill', ...symbols, '--hours', '10']]) {
    const ended = await runInProcess(argv, { cwd, env: surroundings });
    if (ended.exitCode !== 0) throw new Error(ended.stderr);
  }
  const check: Shell['check'] = (argv, env) =>
    runInProcess(['check-retrain', ...argv], { cwd, env: { ...surroundings, ...env } });
  return { cwd, exchange, receiver: await startReceiver(), database, check };
}

async function close({ cwd, exchange, receiver, database }: Shell): Promise<void> {
  await exchange.close();
  await receiver.close();
  await database.drop();
  rmSync(cwd, { recursive: true });
}
