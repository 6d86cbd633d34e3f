import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { checkRetrain, type CheckRetrainOptions } from '../../../src/jobs/retrain/check-retrain.js';
import type { RetrainProgram } from '../../../src/jobs/retrain/retrain-hooks.js';
import type { Webhook } from '../../../src/monitoring/webhook.js';
import { databases } from '../../harness/databases.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';
import { readGithubOutput } from '../../monitoring/read-github-output.js';
import { type Receiver, startReceiver } from '../../monitoring/start-receiver.js';
import { listReplaced, writeAgain } from './list-replaced.js';

interface Told {
  jobId: number;
  idempotencyKey: string;
  isDue: boolean;
  symbols: { symbol: string; reasons: { reason: string; isDue: boolean }[] }[];
}

const folder = mkdtempSync(join(tmpdir(), 'chartctl-hooks-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `file${(files += 1)}`);

/** A Node program with the environment of this process and more. */
function program(code: string, environment: Record<string, string> = {}): RetrainProgram {
  return { command: [process.execPath, '-e', code], environment: { PATH: process.env.PATH, ...environment } };
}

/** Reports that it has started, and ends when it is allowed to. */
const WAITING = `
  const fs = require('fs');
  fs.writeFileSync(process.env.BEGAN, '');
  const timer = setInterval(() => fs.existsSync(process.env.GO_ON) && clearInterval(timer), 20)`;

const check = (world: JobWorld, symbols: string[], options: Partial<CheckRetrainOptions>) =>
  checkRetrain(world.context, { symbols, ...options });

async function countMarks(world: JobWorld, symbol: string): Promise<number> {
  const { rows } = await world.store.knex.raw<{ rows: { count: string }[] }>(
    `SELECT count(*) FROM chartctl_trainings WHERE symbol = ? AND kind = 'mark'`,
    [symbol],
  );
  return Number(rows[0]!.count);
}

async function withReceiver(work: (receiver: Receiver, webhook: Webhook) => Promise<void>) {
  const receiver = await startReceiver();
  try {
    await work(receiver, {
      url: `${receiver.url}/secret-path`,
      secret: 'a secret of enough length',
      retryDelaysMs: [10, 10, 10],
    });
  } finally {
    await receiver.close();
  }
}

jobGroup('hooks of check-retrain', (test) => {
  test('the program gets only the due symbols, and exactly these are marked', async (world) => {
    const [due, calm] = [await listReplaced(world, 31), await listReplaced(world, 0)];
    const file = newFile();
    const look = `require('fs').writeFileSync(process.env.OUT, JSON.stringify([process.env, require('fs').readFileSync(0, 'utf8')]))`;
    const result = await check(world, [calm, due], { exec: program(look, { OUT: file }), maxAgeMs: 3_600_000 });
    assert.equal([result.exitCode, result.isDue, result.exec?.exitCode], [0, true, 0]);

    const [variables, input] = JSON.parse(readFileSync(file, 'utf8')) as [Record<string, string>, string];
    const told = JSON.parse(input) as Told;
    assert.equal([told.isDue, told.jobId, told.symbols.map(({ symbol }) => symbol)], [true, result.jobId, [due]]);
    assert.equal(
      told.symbols[0]!.reasons.map(({ reason, isDue }) => [reason, isDue]),
      [
        ['replaced', true],
        ['age', false],
      ],
    );
    assert.is(variables.CHARTCTL_DUE_SYMBOLS, due);
    assert.is(variables.CHARTCTL_REASONS, 'replaced');
    assert.is(variables.CHARTCTL_JOB_ID, String(result.jobId));

    assert.equal([await countMarks(world, due), await countMarks(world, calm)], [2, 1]);
    const marked = result.outcomes.map(({ summary }) => summary!.marked?.rows ?? null);
    assert.equal(marked, [null, 600]);
  });

  test('a failing program marks nothing; the exit code is 1 if all symbols were due, else 3', async (world) => {
    const [due, calm] = [await listReplaced(world, 31), await listReplaced(world, 0)];
    const exec = program('process.exitCode = 7');
    const alone = await check(world, [due], { exec });
    assert.equal([alone.exitCode, alone.exec?.exitCode], [1, 7]);
    assert.match(alone.outcomes[0]!.failure!.message, /ended with 7: no training was recorded$/);
    const beside = await check(world, [due, calm], { exec });
    assert.is(beside.exitCode, 3);
    assert.equal(
      beside.outcomes.map(({ failure }) => failure?.code),
      ['EXEC_FAILED', undefined],
    );
    assert.is(await countMarks(world, due), 1);
    const absent = await check(world, [due], { exec: { command: ['no-such-program-here'], environment: {} } });
    assert.is(absent.exitCode, 1);
    assert.match(absent.outcomes[0]!.failure!.message, /"no-such-program-here" could not be started/);
  });

  test('a program that times out marks nothing', async (world) => {
    const due = await listReplaced(world, 31);
    const exec = { ...program('setInterval(() => {}, 1000)'), timeoutMs: 1000, graceMs: 200 };
    const result = await check(world, [due], { exec });
    assert.is(result.exitCode, 1);
    assert.match(result.outcomes[0]!.failure!.message, /did not end within 1 s and was stopped$/);
    assert.is(await countMarks(world, due), 1);
  });

  test('no hook runs if no symbol is due', async (world) => {
    await withReceiver(async ({ received }, webhook) => {
      const calm = await listReplaced(world, 30);
      const file = newFile();
      const exec = program(`require('fs').writeFileSync(process.env.OUT, '')`, { OUT: file });
      const result = await check(world, [calm], { exec, webhook });
      assert.equal([result.exitCode, result.exec, result.webhook], [0, null, null]);
      assert.not(existsSync(file));
      assert.is(received.length, 0);
    });
  });

  test('rows written while the program runs count for the next training', async (world) => {
    const due = await listReplaced(world, 31);
    const [began, goOn] = [newFile(), newFile()];
    const training = check(world, [due], { exec: program(WAITING, { BEGAN: began, GO_ON: goOn }) });
    while (!existsSync(began)) await sleep(10);
    await writeAgain(world, due, { rows: 40, source: 'BINANCE_BACKFILL' });
    writeFileSync(goOn, '');
    assert.is((await training).exitCode, 0);
    const [after] = (await check(world, [due], {})).outcomes;
    assert.equal([after!.summary!.replaced, after!.summary!.isDue], [40, true]);
  });

  test('an interruption ends the program and the job, and marks nothing', async (world) => {
    const due = await listReplaced(world, 31);
    const began = newFile();
    const stop = new AbortController();
    const exec = program(`require('fs').writeFileSync(process.env.BEGAN, ''); setInterval(() => {}, 1000)`, {
      BEGAN: began,
    });
    const ended = checkRetrain({ ...world.context, signal: stop.signal }, { symbols: [due], exec }).catch(
      (error: unknown) => error,
    );
    while (!existsSync(began)) await sleep(10);
    stop.abort(new Failure('terminated', 'terminated'));
    const thrown = await ended;
    assert.instance(thrown, Failure);
    assert.is((thrown as Failure).kind, 'terminated');
    assert.is(await countMarks(world, due), 1);
    const job = await world.store
      .knex('chartctl_jobs')
      .orderBy('id', 'desc')
      .first<{ outcome: string; exit_code: number }>();
    assert.equal([job.outcome, job.exit_code], ['interrupted', 143]);
  });

  test('the webhook sends the same document and marks nothing by itself', async (world) => {
    await withReceiver(async ({ url, received }, webhook) => {
      const due = await listReplaced(world, 31);
      const result = await check(world, [due], { webhook });
      assert.equal([result.exitCode, result.webhook], [0, { host: new URL(url).host, attempts: 1 }]);
      const told = JSON.parse(received[0]!.body) as Told;
      assert.equal([told.jobId, told.isDue, told.symbols[0]!.symbol], [result.jobId, true, due]);
      assert.is(told.idempotencyKey, received[0]!.headers['idempotency-key']);
      assert.is(await countMarks(world, due), 1);
    });
  });

  test('the idempotency key is the same for the same state, and differs after a training or for another reason', async (world) => {
    await withReceiver(async ({ received }, webhook) => {
      const due = await listReplaced(world, 31);
      const key = async (options: Partial<CheckRetrainOptions> = {}) => {
        await check(world, [due], { webhook, ...options });
        return received.at(-1)!.headers['idempotency-key'];
      };
      const first = await key();
      assert.match(String(first), /^[0-9a-f]{64}$/);
      await writeAgain(world, due, { rows: 45, source: 'BINANCE_BACKFILL' });
      assert.is(await key(), first, 'more rows are the same reason');
      const byFallback = await (async () => {
        await writeAgain(world, due, { rows: 5, source: 'FALLBACK' });
        return key({ maxFallback: 0 });
      })();
      assert.is.not(byFallback, first);
      await check(world, [due], { markTrained: true });
      await writeAgain(world, due, { rows: 45, source: 'BINANCE_BACKFILL' });
      assert.is.not(await key(), first);
    });
  });

  test('exit 75 if the webhook is unreachable, 1 if it rejects; then no program runs', async (world) => {
    await withReceiver(async ({ answers, received }, webhook) => {
      const due = await listReplaced(world, 31);
      const file = newFile();
      const exec = program(`require('fs').writeFileSync(process.env.OUT, '')`, { OUT: file });
      answers.push(...Array.from({ length: 4 }, () => ({ status: 503 })), { status: 404 });
      const down = await check(world, [due], { webhook, exec });
      assert.equal([down.exitCode, down.webhook, down.exec, received.length], [75, null, null, 4]);
      const refused = await check(world, [due], { webhook, exec });
      assert.equal([refused.exitCode, received.length], [1, 5]);
      assert.not.match(refused.outcomes[0]!.failure!.message, 'secret-path');
      assert.not(existsSync(file));
      assert.is(await countMarks(world, due), 1);
      const well = await check(world, [due], { webhook, exec });
      assert.equal([well.exitCode, well.exec?.exitCode, existsSync(file)], [0, 0, true]);
      assert.is(await countMarks(world, due), 2);
    });
  });

  test('a webhook over http to another machine causes a notice', async (world) => {
    await withReceiver(async ({ url }, webhook) => {
      const due = await listReplaced(world, 31);
      const ofWebhooks = () => world.notices.filter((notice) => !notice.startsWith('the local clock is'));
      world.notices.length = 0;
      await check(world, [due], { webhook });
      assert.equal(ofWebhooks(), []);
      await check(world, [due], { webhook: { ...webhook, url: url.replace('127.0.0.1', '0.0.0.0') } });
      assert.is(ofWebhooks().length, 1);
      assert.match(ofWebhooks()[0]!, /^the webhook to 0\.0\.0\.0:\d+ uses http: its content is signed, but/);
    });
  });

  test('the job records only the host of the webhook, not its URL or secret', async (world) => {
    await withReceiver(async ({ url }, webhook) => {
      const due = await listReplaced(world, 31);
      const { jobId } = await check(world, [due], { webhook });
      const job = await world.store.knex('chartctl_jobs').where({ id: jobId }).first<{ arguments: unknown }>();
      const kept = JSON.stringify(job.arguments);
      assert.match(kept, new URL(url).host);
      assert.not.match(kept, /secret/);
    });
  });

  test("passwords in the program's arguments are masked in records and messages", async (world) => {
    const due = await listReplaced(world, 31);
    const secrets = ['--token', 'geheim', '--password=geheim', 'https://me:geheim@host/'];
    const exec = (code: string) => ({ ...program(code), command: [process.execPath, '-e', code, '--', ...secrets] });
    const failed = await check(world, [due], { exec: exec('process.exitCode = 7') });
    const slow = await check(world, [due], { exec: { ...exec('setInterval(() => {}, 1000)'), timeoutMs: 1000 } });
    const done = await check(world, [due], { exec: exec('') });
    assert.equal([failed.exitCode, slow.exitCode, done.exitCode], [1, 1, 0]);
    const jobs = await world.store.knex('chartctl_jobs').orderBy('id', 'desc').limit(3);
    assert.match(JSON.stringify(jobs), '--token');
    for (const shown of [jobs, failed, slow, done]) assert.not.match(inspect(shown, { depth: 9 }), 'geheim');
  });

  test('the GitHub output has due, symbols and reasons', async (world) => {
    const [due, calm] = [await listReplaced(world, 31), await listReplaced(world, 0)];
    const file = newFile();
    await check(world, [due, calm], { githubOutput: file });
    const outputs = readGithubOutput(readFileSync(file, 'utf8'));
    assert.equal([outputs.due, outputs.symbols, outputs.reasons], ['true', due, 'replaced']);
    assert.match(outputs.reason!, new RegExp(`^${due}: backfill replaced 31 of the last 600 rows [^\\n]*$`));
    const other = newFile();
    await check(world, [calm], { githubOutput: other });
    assert.equal(readGithubOutput(readFileSync(other, 'utf8')), { due: 'false', symbols: '', reasons: '', reason: '' });
  });
});

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
jobGroup(
  'a long training',
  (test) => {
    test('a server that closed every connection in the meantime does not lose the training', async (world) => {
      const { knex } = world.store;
      const due = await listReplaced(world, 31);
      const [began, goOn] = [newFile(), newFile()];
      const training = check(world, [due], { exec: program(WAITING, { BEGAN: began, GO_ON: goOn }) });
      while (!existsSync(began)) await sleep(10);
      const close = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid';
      await knex.raw(`${close} <> pg_backend_pid()`);
      await knex.raw(`${close} = pg_backend_pid()`).catch((error: unknown) => assert.match(String(error), /./));
      writeFileSync(goOn, '');
      const result = await training;
      assert.is(result.exitCode, 0);
      assert.is(await countMarks(world, due), 2);
    });
  },
  servers,
);
