import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { withStore } from '../../src/database/open-store.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { memorySource } from '../loopback/memory-source.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
/** An ingest of a new symbol stores 1,000 minutes, of which the first 400 are the warm-up. */
const YOUNG = { from: NOW - 300 * MINUTE_MS, to: NOW + 60 * MINUTE_MS };

interface World {
  folder: string;
  run: (...argv: string[]) => Promise<ProcessResult>;
  count: (sql: string) => Promise<number>;
  execute: (sql: string) => Promise<unknown>;
  /** The same program over a database that only has a table of a platform's, which cannot be adopted as it is. */
  runOnLegacy: (...argv: string[]) => Promise<ProcessResult>;
  close: () => Promise<void>;
}

// the tests depend on their order
group<World>(
  'what a command line meant',
  (test) => {
    test('chartctl alone prints a short help on standard error, exit 2', async ({ run }) => {
      const { exitCode, stdout, stderr } = await run();
      assert.equal([exitCode, stdout], [2, '']);
      assert.match(stderr, /^no command was named, such as\n/);
      assert.match(stderr, /^ {2}chartctl backfill BTCUSDT --hours 12 {2,}fill the past 12 hours$/m);
      assert.match(stderr, /^all commands: chartctl --help$/m);
      assert.ok(stderr.split('\n').length < 10);
    });

    test('no hint names a placeholder instead of a command', async ({ run }) => {
      for (const argv of [['--help'], ['--nonsense'], ['ingest', '--nonsense'], ['zzz']]) {
        const { stdout, stderr } = await run(...argv);
        assert.not.match(stdout + stderr, /chartctl COMMAND/);
      }
      assert.match((await run('ingest', '--nonsense')).stderr, 'hint:  see: chartctl ingest --help');
    });

    test('--from without --to means until now, for every command with a range', async ({ run, folder }) => {
      const from = ['--from', '2025-06-01T09:00Z'];
      const filled = await run('backfill', 'BTCUSDT', ...from, '--json');
      const [backfilled] = (JSON.parse(filled.stdout) as { symbols: { range: { from: string; to: string } }[] })
        .symbols;
      assert.equal(backfilled!.range, { from: '2025-06-01T09:00:00Z', to: '2025-06-01T12:00:00Z' });
      const range = '2025-06-01T09:00Z..2025-06-01T12:00Z (180 min)';
      assert.match((await run('verify', 'BTCUSDT', ...from)).stdout, range);
      assert.match((await run('export-training-set', 'BTCUSDT', ...from, '--out', 'a.csv')).stdout, range);
      assert.match(
        (await run('report', 'BTCUSDT', ...from, '--out', join(folder, 'r.html'))).stdout,
        '2025-06-01T12:00Z',
      );
      assert.match((await run('rebuild', 'BTCUSDT', ...from)).stdout, /^BTCUSDT +180 /m);
      const { exitCode, stderr } = await run('history', 'BTCUSDT', ...from);
      assert.is(exitCode, 0, stderr);
    });

    test('undo --dry-run counts what undo then restores, and changes nothing', async ({ run, count }) => {
      const { stdout } = await run('jobs', '--command', 'backfill', '--json');
      const job = String((JSON.parse(stdout) as { jobs: { jobId: number }[] }).jobs[0]!.jobId);
      const rows = () => count('SELECT count(*) AS count FROM rolling_chart_data');
      const jobs = () => count('SELECT count(*) AS count FROM chartctl_jobs');
      const before = [await rows(), await jobs()];
      const dry = await run('undo', job, '--dry-run', '--exit-code');
      assert.is(dry.exitCode, 10, dry.stderr);
      assert.equal([await rows(), await jobs()], before);
      const counts = /^BTCUSDT +([\d,]+) +([\d,]+)$/m;
      const [, restored, rebuilt] = counts.exec(dry.stdout)!;
      const real = await run('undo', job);
      assert.equal(counts.exec(real.stdout)!.slice(1), [restored, rebuilt]);
      assert.is(await rows(), before[0]! - Number(restored!.replace(',', '')));
    });

    test('--accept of a minute that is not flagged says so, and of one that is does not', async ({ run, execute }) => {
      await run('backfill', 'BTCUSDT', '--hours', '3');
      const accept = (...times: string[]) =>
        run('clean', 'BTCUSDT', '--sigma', '99', ...times.flatMap((time) => ['--accept', time]), '--reason', 'x');
      assert.match(
        (await accept('2025-06-01T11:00Z')).stderr,
        'note: nothing to accept: no row of BTCUSDT is flagged at 2025-06-01T11:00Z',
      );
      assert.match((await accept('all-open')).stderr, 'note: nothing to accept: no row of BTCUSDT was flagged before');
      await execute(`UPDATE rolling_chart_data SET hasmissingdata = true WHERE timestamp = '2025-06-01T11:00Z'`);
      assert.match(
        (await accept('2025-06-01T11:00Z', '2025-06-01T11:01Z')).stderr,
        'note: 1 of 2 minutes to accept: no row of BTCUSDT is flagged at the others of 2025-06-01T11:00Z, 2025-06-01T11:01Z',
      );
      await execute(`UPDATE rolling_chart_data SET hasmissingdata = true WHERE timestamp = '2025-06-01T11:00Z'`);
      assert.not.match((await accept('2025-06-01T11:00Z')).stderr, 'to accept');
    });

    test('--format that is not the one of the ending is a note, and the file is written', async ({ run, folder }) => {
      const { exitCode, stderr } = await run('export-training-set', 'BTCUSDT', '--out', 'x.parquet', '--format', 'csv');
      assert.ok([0, 3].includes(exitCode), stderr);
      assert.match(stderr, 'note: --out "x.parquet" ends in .parquet, and --format csv writes csv into it');
      assert.ok(existsSync(join(folder, 'x.parquet')));
      const same = await run('export-training-set', 'BTCUSDT', '--out', 'x.csv.gz', '--format', 'csv');
      assert.not.match(same.stderr, 'ends in');
    });

    test('ingest says why a minute is not complete, and what shows more', async ({ run }) => {
      const { exitCode, stdout } = await run('ingest', 'NEWUSDT');
      assert.is(exitCode, 0, stdout);
      assert.match(
        stdout,
        /^NEWUSDT: not complete: fewer than 400 minutes since its first row or a gap; .*: chartctl status NEWUSDT$/m,
      );
      assert.not.match((await run('ingest', 'BTCUSDT')).stdout, 'not complete');
    });

    test('migrate --dry-run exits as the migration would', async ({ run, runOnLegacy }) => {
      assert.is((await run('migrate', '--dry-run')).exitCode, 0, 'nothing to do');
      const dry = await runOnLegacy('migrate', '--dry-run', '--exit-code');
      assert.match(dry.stderr, /^error: nothing was migrated/m);
      assert.equal(dry, await runOnLegacy('migrate'));
      assert.is(dry.exitCode, 1, dry.stderr);
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-hints-'));
  const candles = generateCandles('BTCUSDT', { from: NOW - 3000 * MINUTE_MS, to: NOW + 60 * MINUTE_MS });
  const exchange = await startLoopback({
    binance: memorySource({ BTCUSDT: candles, NEWUSDT: generateCandles('NEWUSDT', YOUNG) }),
    nowMs: NOW + 5_000,
  });
  const backend = databases().at(-1)!;
  const [database, legacy] = [await backend.createMigrated(), await backend.create()];
  await withStore(legacy.config, ({ knex }) =>
    knex.raw('CREATE TABLE rolling_chart_data (symbol text, timestamp timestamptz, venue text NOT NULL)'),
  );
  const runIn = (config: typeof database.config, argv: string[]) =>
    runInProcess(argv, { cwd: folder, env: { ...exchange.environment, ...databaseEnvironment(config) } });
  return {
    folder,
    run: (...argv) => runIn(database.config, argv),
    runOnLegacy: (...argv) => runIn(legacy.config, argv),
    count: (sql) =>
      withStore(database.config, async ({ knex }) => {
        const { rows } = await knex.raw<{ rows: { count: string }[] }>(sql);
        return Number(rows[0]!.count);
      }),
    execute: (sql) => withStore(database.config, ({ knex }) => knex.raw(sql)),
    close: async () => {
      await exchange.close();
      await database.drop();
      await legacy.drop();
      rmSync(folder, { recursive: true });
    },
  };
}
