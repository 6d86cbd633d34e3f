import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { displayWidth } from '../../src/terminal/text.js';
import { withStore } from '../../src/database/open-store.js';
import { databases, type TestDatabase } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const LISTED = { from: NOW - 1200 * MINUTE_MS, to: NOW + 60 * MINUTE_MS };
/** The pair that Binance listed first under a name that is not ASCII, and one in a script of another width. */
const CHINESE = '币安人生USDT';
const CYRILLIC = 'БиткоинUSDT';

interface World {
  run: (...argv: string[]) => Promise<ProcessResult>;
  exchange: Loopback;
  folder: string;
  database: TestDatabase;
  close: () => Promise<void>;
}

async function openWorld(symbols: readonly string[]): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-symbols-'));
  const candles = symbols.map((symbol) => [symbol, generateCandles(symbol, LISTED)] as const);
  const exchange = await startLoopback({
    binance: memorySource(Object.fromEntries(candles)),
    fallbacks: { okx: memorySource() },
    nowMs: NOW + 5_000,
  });
  const database = await databases().at(-1)!.create();
  const env = { ...exchange.environment, ...databaseEnvironment(database.config) };
  const run = (...argv: string[]) => runInProcess(argv, { cwd: folder, env });
  await run('migrate');
  return {
    run,
    exchange,
    folder,
    database,
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

group<World>(
  'retired symbols on the command line',
  (test) => {
    test('a delisted symbol is said to be gone, is retired, and every scheduled command is green', async ({
      run,
      exchange,
      folder,
    }) => {
      const metrics = join(folder, 'chartctl.prom');
      await run('ingest', 'BTCUSDT', 'OLDUSDT', '--metrics-file', metrics);
      assert.match(readFileSync(metrics, 'utf8'), 'chartctl_ready{symbol="OLDUSDT"} 1');
      exchange.setState('OLDUSDT', undefined);
      exchange.clock.advance(MINUTE_MS);
      const gone = await run('ingest', '--all');
      assert.is(gone.exitCode, 0, gone.stderr);
      assert.match(
        gone.stdout,
        'OLDUSDT: not listed at Binance any more, since 2025-06-01T12:00Z; to leave it out: chartctl retire OLDUSDT',
      );
      const failed = await run('backfill', '--all');
      assert.match(failed.stderr, 'if Binance has removed it: chartctl retire OLDUSDT');

      const retired = await run('retire', 'oldusdt', '--reason', 'delisted');
      assert.match(retired.stdout, /^OLDUSDT +2025-06-01T11:59Z +\d{4}-.* +no +delisted$/m);
      exchange.clock.advance(MINUTE_MS);
      exchange.requests.length = 0;
      for (const command of ['ingest', 'backfill', 'clean', 'check-retrain']) {
        const { exitCode, stderr } = await run(command, '--all', '--quiet', '--metrics-file', metrics);
        assert.equal([command, exitCode, stderr], [command, 0, '']);
      }
      assert.not.ok(exchange.requests.some(({ symbol }) => symbol === 'OLDUSDT'));
      assert.not.match(readFileSync(metrics, 'utf8'), 'OLDUSDT');
    });

    test('it is skipped where a configuration, a file or a schedule names it', async ({ run, folder }) => {
      writeFileSync(join(folder, 'symbols.txt'), 'BTCUSDT\nOLDUSDT\n');
      writeFileSync(join(folder, '.env'), 'CHARTCTL_SYMBOLS=BTCUSDT,OLDUSDT\n');
      for (const names of [[], ['--symbols-file', 'symbols.txt'], ['BTCUSDT', 'OLDUSDT']]) {
        const { exitCode, stdout, stderr } = await run('ingest', ...names);
        assert.is(exitCode, 0, stderr);
        assert.match(stderr, 'note: OLDUSDT is retired and was skipped; to go on with it: chartctl unretire OLDUSDT');
        assert.not.match(stdout, 'OLDUSDT');
      }
      rmSync(join(folder, '.env'));
    });

    test('status shows it as retired, without a gap or a remedy, and readiness ignores it', async ({ run }) => {
      await run('clean', 'BTCUSDT', '--repair');
      const { exitCode, stdout } = await run('status', '--exit-code');
      assert.is(exitCode, 0, stdout);
      assert.match(stdout, /^OLDUSDT .* retired$/m);
      assert.match(
        stdout,
        /^retired \(chartctl unretire takes it back\)\n {2}OLDUSDT since \d{4}-\d\d-\d\d: delisted$/m,
      );
      assert.not.match(stdout, 'not ready');
      const json = JSON.parse((await run('status', '--json')).stdout) as { symbols: { retired: object | null }[] };
      assert.equal(
        json.symbols.map(({ retired }) => retired && 'reason' in retired && retired.reason),
        [null, 'delisted'],
      );
      assert.match((await run('doctor', '--json')).stdout, 'ready for all of 1 symbols');
      const out = await run('export-training-set', '--all', '--require-ready', '--out', '-');
      assert.equal(
        [out.exitCode, new Set(out.stdout.split('\n').map((line) => line.split(',')[0]))],
        [0, new Set(['symbol', 'BTCUSDT', ''])],
      );
    });

    test('its rows are exported where it is named, and do not hold back the others where all must be ready', async ({
      run,
    }) => {
      const named = await run('export-training-set', 'OLDUSDT', '--out', '-');
      // its last minutes closed less than 70 s ago: the window ends with them
      assert.is(named.stdout.split('\n').filter((line) => line.startsWith('OLDUSDT')).length, 600);
      const ready = await run('export-training-set', 'OLDUSDT', 'BTCUSDT', '--require-ready', '--out', '-');
      assert.is(ready.exitCode, 0);
      assert.not.match(ready.stdout, 'OLDUSDT');
      assert.match(ready.stderr, 'OLDUSDT is retired and was skipped');
    });

    test('unretire takes it back', async ({ run, exchange }) => {
      exchange.setState('OLDUSDT', 'TRADING');
      exchange.reveal();
      assert.match((await run('unretire', 'OLDUSDT')).stdout, /^OLDUSDT +yes$/m);
      assert.match((await run('ingest', '--all')).stdout, /^OLDUSDT .* yes( |$)/m);
      assert.match((await run('jobs', 'OLDUSDT')).stdout, /retire +OLDUSDT +done .*retired 1/);
    });
  },
  { setup: () => openWorld(['BTCUSDT', 'OLDUSDT']), teardown: (world) => world.close() },
);

group<World>(
  'symbols in other scripts',
  (test) => {
    test('are fetched percent-encoded and stored, whatever the case of their ASCII letters', async ({
      run,
      exchange,
    }) => {
      const { exitCode, stdout, stderr } = await run('ingest', '币安人生usdt', CYRILLIC);
      assert.is(exitCode, 0, stderr);
      assert.match(stdout, new RegExp(`^${CHINESE} .* yes( |$)`, 'm'));
      const asked = exchange.requests.filter(({ path }) => path.endsWith('klines'));
      assert.equal(
        asked.map(({ symbol }) => symbol),
        [CHINESE, CYRILLIC],
      );
    });

    test('are in --all, drawn in their width', async ({ run }) => {
      const { exitCode, stdout } = await run('backfill', '--all', '--hours', '18');
      assert.is(exitCode, 0);
      const [titles, ...rows] = stdout.split('\n').filter((line) => /^(symbol|币|Б)/.test(line));
      assert.is(rows.length, 2);
      assert.is(new Set([titles!, ...rows].map(displayWidth)).size, 1, stdout);
      const status = (await run('status', '--days', '1')).stdout;
      const strips = status.split('\n').filter((line) => /^(币|Б).*[█▓▒░]/.test(line));
      const ends = strips.map((line) => displayWidth(line));
      assert.equal([strips.length, new Set(ends).size], [2, 1], status);
    });

    test('are exported in every format, cleaned, undone, retired and reported', async ({ run, folder }) => {
      for (const format of ['csv', 'jsonl']) {
        const { stdout } = await run('export-training-set', CHINESE, '--out', '-', '--format', format);
        assert.is(stdout.split('\n').filter((line) => line.includes(CHINESE)).length, 600, format);
      }
      const file = join(folder, `${CHINESE}.parquet`);
      assert.is((await run('export-training-set', CHINESE, '--out', file)).exitCode, 0);
      const bytes = readFileSync(file);
      const rows = await parquetReadObjects({
        file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      });
      assert.equal(new Set(rows.map(({ symbol }) => symbol as unknown)), new Set([CHINESE]));
      assert.match(readFileSync(`${file}.datapackage.json`, 'utf8'), CHINESE);
      assert.is((await run('clean', CHINESE, '--repair')).exitCode, 0);
      assert.is((await run('verify', CHINESE, '--hours', '2')).exitCode, 0);
      assert.match((await run('history', CHINESE)).stdout, CHINESE);
      assert.match((await run('complete-symbols', '币')).stdout, CHINESE);
      assert.is((await run('report', CHINESE, '--out', join(folder, 'report.html'))).exitCode, 0);
      const schedule = (await run('schedule', 'crontab', CHINESE)).stdout;
      assert.match(schedule, `'${CHINESE}'`);
      assert.is((await run('retire', CHINESE)).exitCode, 0);
      assert.is((await run('unretire', CHINESE)).exitCode, 0);
    });

    test('in a database whose encoding lacks their characters are a clear failure', async ({
      folder,
      exchange,
      database,
    }) => {
      if (database.superuser.kind !== 'postgres') return;
      const url = new URL(database.superuser.url);
      const name = `${url.pathname.slice(1)}_latin1`;
      const asSuperuser = (sql: string) => withStore(database.superuser, ({ knex }) => knex.raw(sql, [name]));
      await asSuperuser(`CREATE DATABASE ?? ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
      url.pathname = `/${name}`;
      const options = { cwd: folder, env: { ...exchange.environment, DATABASE_URL: url.href } };
      await runInProcess(['migrate'], options);
      const { exitCode, stderr } = await runInProcess(['ingest', CHINESE], options);
      await asSuperuser('DROP DATABASE ??');
      assert.is(exitCode, 1);
      assert.match(stderr, /cannot hold a character: .*LATIN1.*\nhint: .*ENCODING 'UTF8'/);
    });

    test('that Binance does not publish are asked of a fallback exchange with an encoded address', async ({
      run,
      exchange,
    }) => {
      exchange.clock.advance(MINUTE_MS);
      exchange.faults.always({ status: 503, body: {} }, { exchange: 'binance', path: 'klines' });
      const { exitCode, stderr } = await run('ingest', CHINESE);
      assert.is(exitCode, 75, stderr);
      assert.not.match(stderr, 'bug:');
      assert.ok(exchange.requests.some((request) => request.exchange === 'okx'));
    });
  },
  { setup: () => openWorld([CHINESE, CYRILLIC]), teardown: (world) => world.close() },
);
