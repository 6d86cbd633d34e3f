import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { openStore } from '../../src/database/open-store.js';
import type { Transaction } from '../../src/database/store.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { databases, serverUrl, type TestDatabase } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { USER_WITH_PASSWORD } from '../harness/scratch-cluster.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { fault } from '../loopback/faults.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const PROGRAM = resolve('dist/bin/chartctl.js');
/** A range that is empty before the tests of interruptions. */
const LATER = ['--from', '2025-05-20', '--to', '2025-05-20T01:00Z'];
const NOW = Date.parse('2025-06-01T12:00:05Z');

interface World {
  cwd: string;
  env: Record<string, string>;
  exchange: Loopback;
  database: TestDatabase;
}

interface Exited {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const start = ({ cwd, env }: World, argv: string[]) =>
  spawn(process.execPath, [PROGRAM, ...argv], { cwd, env: base(env) });
const shell = ({ cwd, env }: World, line: string) =>
  spawn('bash', ['-c', line], { cwd, env: base({ ...env, PROGRAM, NODE: process.execPath }) });
const base = (env: Record<string, string>) => ({ PATH: process.env.PATH, HOME: env.HOME, ...env });

async function ended(child: ChildProcess): Promise<Exited> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.on('close', (code, signal) => done({ code, signal, stdout, stderr })));
}

/** Runs a backfill and sends it the signals, one after another, while it waits for a response of the exchange. */
async function interrupt(world: World, ...signals: NodeJS.Signals[]): Promise<Exited> {
  const { exchange } = world;
  exchange.requests.length = 0;
  exchange.faults.always(fault.slow(5_000), { path: '/api/v3/klines' });
  const child = start(world, ['backfill', 'BTCUSDT', ...LATER, '--json']);
  const exit = ended(child);
  while (!exchange.requests.some(({ path }) => path === '/api/v3/klines')) await sleep(20);
  for (const signal of signals) child.kill(signal);
  const exited = await exit;
  exchange.faults.clear();
  return exited;
}

group<World>(
  'the process',
  (test) => {
    test('--symbols-file - reads standard input, so that symbols of the exchange can be piped in', async (world) => {
      const line = '"$NODE" "$PROGRAM" symbols --quote USDT | "$NODE" "$PROGRAM" schedule crontab --symbols-file -';
      const { code, stdout, stderr } = await ended(shell(world, line));
      assert.is(code, 0, stderr);
      assert.match(stdout, 'BTCUSDT');
      const empty = await ended(shell(world, '"$NODE" "$PROGRAM" schedule crontab --symbols-file - < /dev/null'));
      assert.is(empty.code, 2);
      assert.match(empty.stderr, 'standard input lists nothing');
    });

    test('wrong usage is exit 2, a message, and with --json a document', async (world) => {
      const people = await ended(start(world, ['backfill', 'BTCUSDT', '--hours', '0']));
      assert.is(people.code, 2);
      assert.is(people.stderr, 'error: --hours was "0"\nhint:  expected a whole number in the range 1 to 87600\n');
      const programs = await ended(start(world, ['backfill', 'BTCUSDT', '--hours', '0', '--json']));
      assert.is((JSON.parse(programs.stdout) as { exitCode: number }).exitCode, 2);
    });

    test('a job prints its result to the last byte and ends by itself', async (world) => {
      const started = Date.now();
      const exited = await ended(start(world, ['backfill', 'BTCUSDT', '--hours', '10', '--json']));
      assert.is(exited.code, 0, exited.stderr);
      assert.is((JSON.parse(exited.stdout) as { ok: boolean }).ok, true);
      assert.ok(Date.now() - started < 30_000);
    });

    test('a closed standard output ends the program quietly', async (world) => {
      const lines = [
        '"$NODE" "$PROGRAM" --help | head -1; exit ${PIPESTATUS[0]}',
        '"$NODE" "$PROGRAM" export-training-set BTCUSDT --out - --from 2025-06-01 --to 2025-06-01T12:00Z --quiet | head -1 >/dev/null; exit ${PIPESTATUS[0]}',
        '"$NODE" "$PROGRAM" rebuild --all | true; exit ${PIPESTATUS[0]}',
      ];
      for (const line of lines) {
        const { code, stderr } = await ended(shell(world, line));
        assert.is(code, 0, stderr);
        assert.not.match(stderr, /error|bug|EPIPE/);
      }
    });

    if (existsSync('/dev/full')) {
      test('a result that cannot be written is exit 1 and one message', async (world) => {
        for (const command of [
          '--help',
          'rebuild --all',
          'rebuild --all --json',
          'export-training-set BTCUSDT --out -',
        ]) {
          const { code, stderr } = await ended(shell(world, `"$NODE" "$PROGRAM" ${command} >/dev/full`));
          assert.is(code, 1, `${command}: ${stderr}`);
          assert.match(stderr, /^error: .*could not be written: ENOSPC/m, command);
          assert.is(stderr.match(/^error:/gm)?.length, 1, stderr);
        }
      });
    } else {
      test.skip('a result that cannot be written is exit 1 and one message', 'no /dev/full here');
    }

    test('an interrupted job ends with 130, a terminated one with 143, at once', async (world) => {
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
        ['SIGHUP', 143], // the terminal was closed
      ] as const) {
        const exited = await interrupt(world, signal);
        assert.is(exited.code, code, exited.stderr);
        assert.match(exited.stderr, signal === 'SIGINT' ? 'interrupted' : 'terminated');
        assert.is((JSON.parse(exited.stdout) as { exitCode: number }).exitCode, code);
      }
    });

    if (databases().at(-1)!.name === 'PostgreSQL') {
      test('reproduce and diff end after the statement that they wait for, and leave nothing', async (world) => {
        const exported = await ended(start(world, ['export-training-set', 'BTCUSDT', '--out', 'set.csv']));
        assert.is(exported.code, 0, exported.stderr);
        const files = readdirSync(world.cwd);
        const holder = await openStore(world.database.superuser);
        for (const argv of [
          ['reproduce', 'set.csv'],
          ['diff', 'set.csv', 'now'],
        ]) {
          const child = await holder.knex.transaction(async (trx) => {
            await trx.raw('LOCK TABLE rolling_chart_data IN ACCESS EXCLUSIVE MODE');
            const started = start(world, [...argv, '--json']);
            while ((await countSessions(trx, `wait_event_type = 'Lock'`)) === 0) await sleep(20);
            started.kill('SIGINT');
            await sleep(200); // it gets the signal before it gets the rows
            return { exit: ended(started) };
          });
          const { code, stdout, stderr } = await child.exit;
          assert.is(code, 130, stderr);
          assert.is((JSON.parse(stdout) as { exitCode: number }).exitCode, 130);
          const isGone = () => holder.knex.transaction(async (trx) => (await countSessions(trx, OF_DAILY)) === 0);
          while (!(await isGone())) await sleep(20);
          assert.equal(readdirSync(world.cwd), files);
        }
        await holder.close();
      });
    } else {
      test.skip(
        'reproduce and diff end after the statement that they wait for, and leave nothing',
        'no PostgreSQL here',
      );
    }

    test('another run finishes the work of an interrupted one', async (world) => {
      await interrupt(world, 'SIGINT');
      const exited = await ended(start(world, ['backfill', 'BTCUSDT', ...LATER]));
      assert.is(exited.code, 0, exited.stderr);
    });

    test('a database that does not answer is exit 75', async (world) => {
      const env = { ...world.env, DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/charts' };
      const exited = await ended(start({ ...world, env }, ['ingest', 'BTCUSDT']));
      assert.is(exited.code, 75);
      assert.not.match(exited.stderr, 'hunter2');
    });

    test('a wrong password and a missing database are exit 2 and named', async (world) => {
      const server = await serverUrl();
      if (!server) return;
      const wrong = new URL(server);
      [wrong.username, wrong.password] = [USER_WITH_PASSWORD, 'hunter2'];
      const missing = new URL(server);
      missing.pathname = '/no_such_database';
      for (const [url, says] of [
        [wrong, /password/],
        [missing, /no_such_database.* does not exist/],
      ] as const) {
        const env = { ...world.env, DATABASE_URL: url.href };
        const exited = await ended(start({ ...world, env }, ['ingest', 'BTCUSDT']));
        assert.is(exited.code, 2, exited.stderr);
        assert.match(exited.stderr, says);
        assert.not.match(exited.stderr, 'hunter2');
      }
    });
  },
  { setup: openWorld, teardown: closeWorld },
);

const OF_DAILY = `usename <> current_user`;

/** The other sessions of this database. */
async function countSessions(trx: Transaction, condition: string): Promise<number> {
  await trx.raw('SELECT pg_stat_clear_snapshot()'); // a transaction would see the same sessions again
  const { rows } = await trx.raw<{ rows: [{ count: string }] }>(
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND ${condition}`,
  );
  return Number(rows[0].count);
}

async function openWorld(): Promise<World> {
  const cwd = mkdtempSync(join(tmpdir(), 'chartctl-process-'));
  const database = await databases().at(-1)!.create();
  const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT']), nowMs: NOW });
  const env = { HOME: cwd, ...exchange.environment };
  const owners = { ...env, ...databaseEnvironment(database.config) };
  const world = { cwd, env: { ...env, ...databaseEnvironment(database.daily) }, exchange, database };
  const migrated = await ended(start({ ...world, env: owners }, ['migrate']));
  if (migrated.code !== 0) throw new Error(migrated.stderr);
  await database.limitRoles();
  return world;
}

async function closeWorld({ cwd, exchange, database }: World): Promise<void> {
  await exchange.close();
  await database.drop();
  rmSync(cwd, { recursive: true });
}
