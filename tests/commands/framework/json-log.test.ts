import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChartctl } from '../../harness/chartctl-process.js';
import { databases } from '../../harness/databases.js';
import { shellGroup } from '../../harness/shell-world.js';
import { fault } from '../../loopback/faults.js';

const JSON_LOG = ['--log-format', 'json'];

interface Line {
  time: string;
  level: string;
  command: string | null;
  message: string;
  [detail: string]: unknown;
}

/** The lines of a log; each must be an object with the members that all have. */
function read(stderr: string): Line[] {
  assert.ok(stderr === '' || stderr.endsWith('\n'), stderr);
  return stderr
    .split('\n')
    .slice(0, -1)
    .map((text) => {
      const line = JSON.parse(text) as Line;
      assert.is(new Date(line.time).toISOString(), line.time);
      assert.ok(['info', 'warn', 'error'].includes(line.level), text);
      assert.type(line.message, 'string');
      assert.ok('command' in line, text);
      assert.not.match(text, '\u001b');
      return line;
    });
}

shellGroup(
  '--log-format json',
  (test) => {
    test('the last line has the exit code, the duration and the counts', async ({ run }) => {
      await run('migrate');
      const { exitCode, stdout, stderr } = await run('backfill', 'BTCUSDT', '--minutes', '60', ...JSON_LOG);
      assert.is(exitCode, 0, stderr);
      assert.match(stdout, /^symbol/, 'the result is still on standard output');
      const last = read(stderr).at(-1)!;
      assert.equal([last.level, last.command, last.exitCode], ['info', 'backfill', 0]);
      assert.match(last.message, /^ended with exit code 0 after [\d.]+ s$/);
      assert.ok((last.durationSeconds as number) > 0);
      assert.type(last.jobId, 'number');
      assert.equal(last.symbols, { done: 1, failed: 0 });
      assert.is((last.counts as { inserted: number }).inserted, 460);
    });

    test('a notice is a warning, and a failure names its symbol, its code and its job', async ({ run }) => {
      const { exitCode, stderr } = await run('backfill', 'BTCUSDT', 'NOPEUSDT', '--minutes', '60', ...JSON_LOG);
      assert.is(exitCode, 3);
      const lines = read(stderr);
      const notice = lines.find(({ level }) => level === 'warn')!;
      assert.match(notice.message, /^the local clock is .* Binance's; Binance's clock is used$/);
      const failure = lines.find(({ level }) => level === 'error')!;
      assert.equal([failure.symbol, failure.code], ['NOPEUSDT', 'UNKNOWN_SYMBOL']);
      assert.is(failure.message, 'Binance does not know the symbol "NOPEUSDT"');
      assert.match(String(failure.hint), /expected a spot symbol/);
      assert.is(failure.jobId, lines.at(-1)!.jobId);
      assert.equal(lines.at(-1)!.symbols, { done: 1, failed: 1 });
    });

    test('a wrong command line is logged too, wherever the flag is', async ({ run }) => {
      for (const argv of [
        [...JSON_LOG, '--hours', '0'],
        ['--hour', '3', '--log-format=json'],
        [...JSON_LOG, '--hours'],
      ]) {
        const { exitCode, stderr } = await run('backfill', 'BTCUSDT', ...argv);
        assert.is(exitCode, 2);
        const [failure, end, ...more] = read(stderr);
        assert.equal([failure!.level, failure!.command, failure!.code], ['error', 'backfill', 'USAGE']);
        assert.match(failure!.message, /--hour/);
        assert.equal([end!.level, end!.exitCode, more], ['error', 2, []]);
      }
      const [unknown] = read((await run('bakfill', ...JSON_LOG)).stderr);
      assert.equal([unknown!.command, unknown!.hint], [null, 'did you mean chartctl backfill?']);
      assert.match(
        (await run('backfill', 'BTCUSDT', '--log-format', 'xml')).stderr,
        /^error: --log-format was "xml"\n/,
      );
    });

    test('commands that are not jobs have it too', async ({ run }) => {
      const { exitCode, stderr } = await run('jobs', ...JSON_LOG);
      assert.is(exitCode, 0);
      assert.equal(
        read(stderr).map(({ command, exitCode }) => [command, exitCode]),
        [['jobs', 0]],
      );
    });

    test('--quiet leaves failures only, and --help no line at all', async ({ run }) => {
      assert.is((await run('backfill', 'BTCUSDT', '--minutes', '60', '--quiet', ...JSON_LOG)).stderr, '');
      const { stderr } = await run('backfill', 'NOPEUSDT', '--minutes', '60', '--quiet', ...JSON_LOG);
      assert.equal(
        read(stderr).map(({ level }) => level),
        ['error'],
      );
      assert.is((await run('backfill', '--help', ...JSON_LOG)).stderr, '');
    });

    test('a terminated run and a database that is down are logged without a password', async (world) => {
      world.exchange.faults.always(fault.slow(3_000), { path: 'klines' });
      world.exchange.requests.length = 0;
      const running = world.start('backfill', 'ETHUSDT', '--minutes', '60', ...JSON_LOG);
      await world.waitForRequests(1, running);
      running.kill('SIGTERM');
      const end = await running.ended;
      world.exchange.faults.clear();
      assert.is(end.exitCode, 143);
      assert.is(read(end.stderr).at(-1)!.exitCode, 143);

      const environment = { ...world.context.environment, DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' };
      const { stderr } = await startChartctl(['rebuild', 'BTCUSDT', ...JSON_LOG], {
        ...world.context,
        environment,
      }).ended;
      assert.equal(
        read(stderr).map(({ code }) => code ?? 'end'),
        ['ECONNREFUSED', 'end'],
      );
      assert.not.match(stderr, 'hunter2');
    });

    test('what a program of the user prints becomes lines of the log', async ({ run }) => {
      const script = 'process.stderr.write("half "); setTimeout(() => console.log("a line\\nanother"), 50)';
      const exec = `"${process.execPath}" -e '${script}'`;
      const argv = ['check-retrain', 'BTCUSDT', '--threshold', '0', '--exec', exec];
      const { exitCode, stderr } = await run(...argv, ...JSON_LOG);
      assert.is(exitCode, 0, stderr);
      const messages = read(stderr).map(({ message }) => message);
      assert.ok(messages.includes('half a line') && messages.includes('another'), stderr);
    });

    test('CHARTCTL_LOG_FORMAT switches it on too', async (world) => {
      writeFileSync(join(world.folder, '.env'), 'CHARTCTL_LOG_FORMAT=json\n');
      assert.is(read((await world.run('rebuild', 'BTCUSDT')).stderr).at(-1)!.command, 'rebuild');
      writeFileSync(join(world.folder, '.env'), '');
    });
  },
  databases().slice(-1), // the log does not depend on the database
);
