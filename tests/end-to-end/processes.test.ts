import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { assertMatchesReference } from '../harness/reference.js';
import { NOW, shellGroup, type ShellWorld } from '../harness/shell-world.js';
import { fault } from '../loopback/faults.js';

const DAYS = 50;
const MINUTES = DAYS * 1440 + 400;
/** Requests sent when the first 20,000 candles, of 20 requests, are written: backfill sends 32 ahead. */
const FIRST_BATCH_WRITTEN = 52;
const LIMIT = { timeoutMs: 180_000 };

shellGroup('processes', (test, backend) => {
  test(
    'SIGTERM ends a long backfill with 143 after complete transactions, and the same command completes it',
    async (shell) => {
      await shell.run('migrate');
      shell.exchange.faults.always(fault.slow(200), { path: 'klines' });
      const backfill = shell.start('backfill', 'BTCUSDT', '--days', String(DAYS), '--via', 'api', '--json');
      await shell.waitForRequests(FIRST_BATCH_WRITTEN, backfill);
      backfill.kill('SIGTERM');
      const { exitCode, stdout } = await backfill.ended;
      assert.is(exitCode, 143);
      assert.is((JSON.parse(stdout) as { exitCode: number }).exitCode, 143);
      const written = await shell.rows('BTCUSDT');
      assert.ok(written.length >= 20_000 && written.length < MINUTES, `${written.length} rows were written`);
      assertMatchesReference(written);
      assert.equal(await lastJob(shell), { outcome: 'interrupted', exit_code: 143 });

      shell.exchange.faults.clear();
      shell.exchange.requests.length = 0;
      const again = await shell.runJson('backfill', 'BTCUSDT', '--days', String(DAYS), '--via', 'api');
      assert.is(again.exitCode, 0);
      assert.is(again.symbols[0]!.inserted, MINUTES - written.length);
      const rows = await shell.rows('BTCUSDT');
      assert.equal([rows[0]!.openTime, rows.length], [NOW - MINUTES * MINUTE_MS, MINUTES]);
      assertMatchesReference(rows);
    },
    LIMIT,
  );

  test('SIGINT ends a backfill that is waiting for Binance at once, with 130', async (shell) => {
    const backfill = await startStuck(shell, 'ETHUSDT');
    backfill.kill('SIGINT');
    const { exitCode, stderr } = await backfill.ended;
    assert.is(exitCode, 130);
    assert.match(stderr, /only whole transactions were written/);
    const klines = shell.exchange.requests.filter(({ path }) => path.endsWith('klines'));
    assert.is(klines.length, 1, 'it waited and sent the request again');
    assert.is((await shell.rows('ETHUSDT')).length, 0);
  });

  if (backend.name === 'PGlite') {
    test('a second process on the same embedded database exits 11 and names the first', async (shell) => {
      const backfill = await startStuck(shell, 'ETHUSDT');
      const second = await shell.runJson('clean', 'BTCUSDT');
      assert.is(second.exitCode, 11);
      assert.is(second.error?.code, 'DIRECTORY_LOCKED');
      assert.match(
        second.error?.message ?? '',
        new RegExp(`in use by process ${backfill.pid} \\(chartctl backfill ETHUSDT`),
      );
      backfill.kill('SIGTERM');
      assert.is((await backfill.ended).exitCode, 143);
      assert.is((await shell.run('clean', 'BTCUSDT')).exitCode, 0);
    });
  } else {
    test('the same command on the same symbol exits 11, or 0 with --if-locked skip; other commands run', async (shell) => {
      const backfill = await startStuck(shell, 'ETHUSDT');
      const second = await shell.runJson('backfill', 'ETHUSDT');
      assert.is(second.exitCode, 11);
      assert.is(second.error?.code, 'LOCKED');
      const skipped = await shell.runJson('backfill', 'ETHUSDT', '--if-locked', 'skip');
      assert.equal([skipped.exitCode, skipped.symbols], [0, []]);
      assert.match((skipped.notices as string[]).join(), /ETHUSDT: another backfill is running/);

      assert.is((await shell.run('backfill', 'DOGEUSDT')).exitCode, 0);
      assert.is((await shell.run('ingest', 'ETHUSDT')).exitCode, 0);
      backfill.kill('SIGTERM');
      assert.is((await backfill.ended).exitCode, 143);
      assert.is((await shell.run('backfill', 'ETHUSDT')).exitCode, 0);
    });

    test('of two symbols the locked one is reported and the other one is processed', async (shell) => {
      const backfill = await startStuck(shell, 'ETHUSDT', '--days', '3');
      const both = await shell.runJson('backfill', 'ETHUSDT', 'DOGEUSDT', '--hours', '3');
      assert.is(both.exitCode, 3);
      assert.equal(both.symbols.map(({ symbol, ok }) => [symbol, ok]).sort(), [
        ['DOGEUSDT', true],
        ['ETHUSDT', false],
      ]);
      backfill.kill('SIGKILL');
      await backfill.ended;
      assert.is((await shell.run('backfill', 'ETHUSDT', '--days', '3')).exitCode, 0);
    });
  }
});

/** A backfill that has to wait for 50 s by order of Binance; other processes may send requests at once. */
async function startStuck(shell: ShellWorld, symbol: string, ...flags: string[]) {
  shell.exchange.requests.length = 0;
  shell.exchange.faults.clear();
  shell.exchange.faults.always(fault.tooMany(50), { path: 'klines' });
  const backfill = shell.start('backfill', symbol, ...flags);
  await shell.waitForRequests(1, backfill);
  shell.exchange.faults.clear();
  return backfill;
}

function lastJob(shell: ShellWorld): Promise<unknown> {
  return shell.inspect(({ knex }) =>
    knex('chartctl_jobs').orderBy('id', 'desc').first<unknown>('outcome', 'exit_code'),
  );
}
