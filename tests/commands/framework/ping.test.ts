import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { startChartctl } from '../../harness/chartctl-process.js';
import { databases } from '../../harness/databases.js';
import { shellGroup, type ShellWorld } from '../../harness/shell-world.js';
import { hasOpenssl, makeCertificates } from '../../harness/tls-proxy.js';
import { fault } from '../../loopback/faults.js';
import { type Received, type Receiver, startReceiver } from '../../monitoring/start-receiver.js';

let monitor: Receiver;

/** Runs a command line that pings the monitor, and returns the requests that the monitor received. */
async function watch({ run }: ShellWorld, command: string, ...argv: string[]) {
  monitor.received.length = 0;
  const { exitCode, stdout, stderr } = await run(command, '--ping-url', `${monitor.url}/check?x=1`, ...argv);
  const shown = stderr.replace(/^note: the local clock .*\n/gm, '');
  return { exitCode, stdout, stderr: shown, pings: monitor.received.splice(0) };
}

const pathsOf = (pings: readonly Received[]) => pings.map(({ path }) => path.replace(/[0-9a-f-]{36}$/, 'ID'));

/** Pings do not depend on the database. */
const ANY_DATABASE = databases().slice(-1);

shellGroup(
  '--ping-url',
  (test) => {
    test('a run pings at its start and at its end, with the table as the body', async (world) => {
      monitor = await startReceiver();
      await world.run('migrate');
      const { exitCode, stdout, stderr, pings } = await watch(world, 'backfill', 'BTCUSDT', '--minutes', '60');
      assert.is(exitCode, 0, stderr);
      assert.equal(pathsOf(pings), ['/check/start?x=1&rid=ID', '/check/0?x=1&rid=ID']);
      assert.is(pings[0]!.path.slice(-36), pings[1]!.path.slice(-36));
      assert.equal([pings[0]!.method, pings[1]!.method], ['POST', 'POST']);
      assert.is(pings[1]!.body, stdout);
      assert.is(stderr, '');
    });

    test('with --json the body is still the text', async (world) => {
      const { pings } = await watch(world, 'backfill', 'BTCUSDT', '--minutes', '60', '--json');
      assert.match(pings[1]!.body, /^symbol +range/);
    });

    test('failures come first in the body', async (world) => {
      const { exitCode, pings } = await watch(world, 'backfill', 'BTCUSDT', 'NOPEUSDT', '--minutes', '60');
      assert.is(exitCode, 3);
      assert.equal(pathsOf(pings)[1], '/check/3?x=1&rid=ID');
      assert.match(pings[1]!.body, /^error: NOPEUSDT: Binance does not know the symbol "NOPEUSDT"\nhint: .*\nsymbol/);
    });

    test('a wrong command line pings, --help does not', async (world) => {
      for (const wrong of [['--hours', '0'], ['--hour', '1'], ['--minutes']]) {
        const { exitCode, pings } = await watch(world, 'backfill', 'BTCUSDT', ...wrong);
        assert.is(exitCode, 2);
        assert.equal(pathsOf(pings), ['/check/start?x=1&rid=ID', '/check/2?x=1&rid=ID'], wrong.join(' '));
        assert.match(pings[1]!.body, /^error: /);
      }
      assert.equal((await watch(world, 'backfill', '--help')).pings, []);
    });

    test('an invalid configuration and a database that is down ping, without a password', async (world) => {
      const env = join(world.folder, '.env');
      const url = `${monitor.url}/env`;
      for (const [lines, exitCode, says] of [
        [`CHARTCTL_CONCURRENCY=many\nCHARTCTL_PING_URL=${url}`, 2, /CHARTCTL_CONCURRENCY in .env was "many"/],
        [`CHARTCTL_CONFIG=nowhere.json\nCHARTCTL_PING_URL=${url}`, 2, /nowhere\.json/],
      ] as const) {
        writeFileSync(env, `${lines}\n`);
        monitor.received.length = 0;
        const end = await world.run('backfill', 'BTCUSDT');
        assert.is(end.exitCode, exitCode, end.stderr);
        assert.equal(pathsOf(monitor.received), ['/env/start?rid=ID', `/env/${exitCode}?rid=ID`]);
        assert.match(monitor.received[1]!.body, says);
      }
      writeFileSync(env, '');
      const dead = { ...world.context.environment, DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/charts' };
      monitor.received.length = 0;
      const argv = ['ingest', 'BTCUSDT', '--ping-url', monitor.url];
      assert.is((await startChartctl(argv, { ...world.context, environment: dead }).ended).exitCode, 75);
      assert.equal(pathsOf(monitor.received), ['/start?rid=ID', '/75?rid=ID']);
      assert.match(monitor.received[1]!.body, /refused the connection/);
      assert.not.match(monitor.received[1]!.body, 'hunter2');
    });

    test('a terminated run pings with 143', async (world) => {
      world.exchange.faults.always(fault.slow(5_000), { path: 'klines' });
      world.exchange.requests.length = 0;
      monitor.received.length = 0;
      const running = world.start('backfill', 'ETHUSDT', '--minutes', '60', '--ping-url', monitor.url);
      await world.waitForRequests(1, running);
      running.kill('SIGTERM');
      const { exitCode } = await running.ended;
      world.exchange.faults.clear();
      assert.is(exitCode, 143);
      assert.equal(pathsOf(monitor.received), ['/start?rid=ID', '/143?rid=ID']);
      assert.match(monitor.received[1]!.body, /terminated/);
    });

    test('a monitor that fails or is silent is a notice with its host, and does not change the exit code', async (world) => {
      const host = monitor.url.slice('http://'.length);
      monitor.answers.push({ status: 500 }, { status: 500 });
      const failing = await watch(world, 'backfill', 'BTCUSDT', '--minutes', '60');
      assert.is(failing.exitCode, 0);
      assert.is(failing.stderr, `note: ${host} answered with HTTP 500\n`);
      monitor.answers.push('silence', 'silence');
      const begun = Date.now();
      const silent = await watch(world, 'backfill', 'BTCUSDT', '--minutes', '60', '--quiet');
      assert.is(silent.exitCode, 0);
      assert.is(silent.stderr, '');
      assert.ok(Date.now() - begun < 15_000);
    });

    test('the work does not wait for the ping of the start', async (world) => {
      monitor.answers.push('silence');
      monitor.received.length = 0;
      world.exchange.requests.length = 0;
      const running = world.start('backfill', 'ETHUSDT', '--minutes', '60', '--ping-url', monitor.url);
      while (monitor.received.length === 0) await sleep(5);
      const startedAt = Date.now();
      await world.waitForRequests(1, running);
      assert.ok(Date.now() - startedAt < 1_900, `${Date.now() - startedAt} ms`);
      assert.is((await running.ended).exitCode, 0);
    });

    const overTls =
      'a monitor is pinged over https when its certificate is trusted, and receives nothing when it is not';
    if (!hasOpenssl()) test.skip(overTls, 'no openssl here');
    else {
      test(overTls, async ({ context }) => {
        const folder = mkdtempSync(join(tmpdir(), 'chartctl-tls-'));
        const { rootCert, ...credentials } = makeCertificates(folder);
        const secure = await startReceiver(credentials);
        const argv = ['rebuild', 'BTCUSDT', '--ping-url', `${secure.url}/check`];
        const refused = await startChartctl(argv, context).ended;
        assert.is(refused.exitCode, 0);
        assert.match(refused.stderr, /^note: the request to localhost:\d+ failed: [A-Z_]*(CERT|SIGN)[A-Z_]*$/m);
        assert.equal(secure.received, []);
        const environment = { ...context.environment, NODE_EXTRA_CA_CERTS: rootCert };
        const accepted = await startChartctl(argv, { ...context, environment }).ended;
        assert.equal([accepted.exitCode, accepted.stderr], [0, '']);
        assert.equal(pathsOf(secure.received), ['/check/start?rid=ID', '/check/0?rid=ID']);
        await secure.close();
        rmSync(folder, { recursive: true });
      });
    }

    test('CHARTCTL_PING_URL is for jobs: a command that only reads does not ping', async (world) => {
      writeFileSync(join(world.folder, '.env'), `CHARTCTL_PING_URL=${monitor.url}/env\n`);
      monitor.received.length = 0;
      await world.run('jobs');
      await world.run('status');
      assert.equal(pathsOf(monitor.received), []);
      await world.run('rebuild', 'BTCUSDT');
      assert.equal(pathsOf(monitor.received), ['/env/start?rid=ID', '/env/0?rid=ID']);
      writeFileSync(join(world.folder, '.env'), '');
      await monitor.close();
    });
  },
  ANY_DATABASE,
);
