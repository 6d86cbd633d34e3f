import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { acquireJobLocks } from '../../../src/database/job-locks.js';
import { readExposition } from '../../harness/read-exposition.js';
import { type CommandLine, commandLineGroup, NOW } from '../command-line-group.js';

const FILE = 'chartctl.prom';
const FLAG = ['--metrics-file', FILE];
const DEAD = 'postgres://me:hunter2@127.0.0.1:1/charts';

function read({ folder }: CommandLine, name = FILE) {
  const series = readExposition(readFileSync(join(folder, name), 'utf8'));
  return (key: string) => series.get(`chartctl_${key}`);
}

commandLineGroup('--metrics-file', (test, backend) => {
  test('an ingest writes metrics of its run and of the window of each symbol', async (world) => {
    const { exitCode, stderr } = await world.run('ingest', 'BTCUSDT', 'ETHUSDT', ...FLAG);
    assert.is(exitCode, 0, stderr);
    const metric = read(world);
    assert.is(metric('last_run_exit_code{command="ingest"}'), 0);
    assert.is(
      metric('last_run_timestamp_seconds{command="ingest"}'),
      metric('last_success_timestamp_seconds{command="ingest"}'),
    );
    assert.ok(Math.abs(metric('last_run_timestamp_seconds{command="ingest"}')! - Date.now() / 1000) < 60);
    assert.ok(metric('last_run_duration_seconds{command="ingest"}')! > 0);
    assert.is(metric('last_run_requests{command="ingest"}'), 3);
    assert.is(metric('last_run_request_weight{command="ingest"}'), 5);
    assert.is(metric('last_run_symbols{command="ingest",outcome="done"}'), 2);
    assert.is(metric('last_candle_timestamp_seconds{symbol="BTCUSDT"}'), (NOW - MINUTE_MS) / 1000);
    assert.is(metric('window_rows{symbol="BTCUSDT",source="BINANCE"}'), 1);
    assert.is(metric('window_rows{symbol="BTCUSDT",source="BINANCE_BACKFILL"}'), 599);
    assert.is(metric('window_valid_rows{symbol="ETHUSDT"}'), 600);
    assert.is(metric('window_missing_rows{symbol="ETHUSDT"}'), 0);
    assert.is(metric('ready{symbol="ETHUSDT"}'), 1);
    assert.equal(
      readdirSync(world.folder).filter((name) => name.includes('.tmp')),
      [],
    );
  });

  test('gaps, flags and sources are those of status', async (world) => {
    await world.inStore(async ({ knex }) => {
      const at = (minutes: number) => new Date(NOW - minutes * MINUTE_MS);
      await knex('rolling_chart_data')
        .where({ symbol: 'BTCUSDT' })
        .whereIn('timestamp', [at(3), at(50), at(51), at(600)])
        .del();
      await knex('rolling_chart_data')
        .where({ symbol: 'BTCUSDT', timestamp: at(30) })
        .update({ hasmissingdata: true });
      await knex('rolling_chart_data')
        .where({ symbol: 'BTCUSDT', timestamp: at(20) })
        .update({ volume: 1e12 });
    });
    await world.run('clean', 'BTCUSDT');
    const { stdout } = await world.run('status', 'BTCUSDT', '--json', ...FLAG);
    const [found] = (JSON.parse(stdout) as { symbols: Record<string, never>[] }).symbols as unknown as {
      window: { present: number; valid: number; bySource: Record<string, number> };
      flags: { byRule: Record<string, number> };
      gaps: unknown[];
    }[];
    const metric = read(world);
    assert.is(metric('window_missing_rows{symbol="BTCUSDT"}'), 600 - found!.window.present);
    assert.is(metric('window_missing_rows{symbol="BTCUSDT"}'), 4);
    assert.is(metric('window_gaps{symbol="BTCUSDT"}'), 3);
    assert.is(metric('window_valid_rows{symbol="BTCUSDT"}'), found!.window.valid);
    assert.is(
      metric('window_rows{symbol="BTCUSDT",source="BINANCE_BACKFILL"}'),
      found!.window.bySource.BINANCE_BACKFILL,
    );
    assert.is(metric('window_flagged_rows{symbol="BTCUSDT",rule="external"}'), 1);
    assert.is(metric('window_flagged_rows{symbol="BTCUSDT",rule="volume_spike"}'), 1);
    assert.equal(found!.flags.byRule, { external: 1, volume_spike: 1 });
    assert.is(metric('ready{symbol="BTCUSDT"}'), 0);
    assert.is(metric('ready{symbol="ETHUSDT"}'), 1, 'the metrics of symbols that status did not read are kept');
    assert.is(metric('last_run_exit_code{command="ingest"}'), 0);
    assert.is(metric('last_run_exit_code{command="status"}'), 0);
  });

  test('a failed run keeps the last success, and reports its requests', async (world) => {
    const success = read(world)('last_success_timestamp_seconds{command="ingest"}');
    const { exitCode } = await world.run('ingest', 'NOPEUSDT', ...FLAG);
    assert.is(exitCode, 1);
    const metric = read(world);
    assert.is(metric('last_run_exit_code{command="ingest"}'), 1);
    assert.is(metric('last_success_timestamp_seconds{command="ingest"}'), success);
    assert.ok(metric('last_run_timestamp_seconds{command="ingest"}')! > success!);
    assert.is(metric('last_run_symbols{command="ingest",outcome="failed"}'), 1);
    assert.ok(metric('last_run_requests{command="ingest"}')! > 0);
  });

  test('without an earlier file the last success is that of chartctl_jobs', async (world) => {
    rmSync(join(world.folder, FILE));
    await world.run('ingest', 'NOPEUSDT', ...FLAG);
    const { rows } = await world.inStore(({ knex }) =>
      knex.raw<{ rows: { at: Date }[] }>(
        `SELECT max(finished_at) AS at FROM chartctl_jobs WHERE command = 'ingest' AND exit_code = 0`,
      ),
    );
    assert.is(read(world)('last_success_timestamp_seconds{command="ingest"}'), rows[0]!.at.getTime() / 1000);
  });

  test('a database that is down is reported, and the metrics of the data are kept', async (world) => {
    await world.run('ingest', 'ETHUSDT', ...FLAG);
    const success = read(world)('last_success_timestamp_seconds{command="ingest"}');
    const { exitCode, stderr } = await world.runWith({ DATABASE_URL: DEAD }, 'ingest', 'ETHUSDT', ...FLAG);
    assert.is(exitCode, 75, stderr);
    const metric = read(world);
    assert.is(metric('last_run_exit_code{command="ingest"}'), 75);
    assert.is(metric('last_success_timestamp_seconds{command="ingest"}'), success);
    assert.is(metric('window_valid_rows{symbol="ETHUSDT"}'), 600);
    assert.is(metric('window_rows{symbol="NOPEUSDT",source="BINANCE"}'), undefined, 'a symbol without rows');
    assert.is(metric('ready{symbol="NOPEUSDT"}'), 0);
  });

  test('a wrong command line is reported', async (world) => {
    for (const wrong of [['--hours', '0'], ['--hour', '1'], ['--hours']]) {
      rmSync(join(world.folder, FILE));
      assert.is((await world.run('backfill', 'BTCUSDT', ...FLAG, ...wrong)).exitCode, 2);
      assert.is(read(world)('last_run_exit_code{command="backfill"}'), 2, wrong.join(' '));
    }
  });

  test('a dry run is not a success', async (world) => {
    await world.run('backfill', 'BTCUSDT', '--hours', '1', '--dry-run', ...FLAG);
    assert.is(read(world)('last_run_exit_code{command="backfill"}'), 0);
    assert.is(read(world)('last_success_timestamp_seconds{command="backfill"}'), undefined);
    await world.run('backfill', 'BTCUSDT', '--hours', '1', ...FLAG);
    assert.type(read(world)('last_success_timestamp_seconds{command="backfill"}'), 'number');
  });

  if (backend.name === 'PostgreSQL') {
    test('a run that is skipped because of a lock is reported, but not as a success', async (world) => {
      await world.inStore(async (store) => {
        const locks = await acquireJobLocks(store, 'rebuild', ['BTCUSDT']);
        const { exitCode } = await world.run('rebuild', 'BTCUSDT', '--if-locked', 'skip', ...FLAG);
        await locks.release();
        assert.is(exitCode, 0);
      });
      assert.is(read(world)('last_run_exit_code{command="rebuild"}'), 0);
      assert.is(read(world)('last_success_timestamp_seconds{command="rebuild"}'), undefined);
    });
  }

  test('a file that cannot be written is a notice and does not change the exit code', async (world) => {
    mkdirSync(join(world.folder, 'folder.prom'));
    for (const [path, says] of [
      ['nowhere/x.prom', /its folder does not exist/],
      ['folder.prom', /it is a folder/],
    ] as const) {
      const { exitCode, stderr, stdout } = await world.run('ingest', 'ETHUSDT', '--metrics-file', path);
      assert.is(exitCode, 0);
      assert.match(stderr, /^note: the metrics could not be written: cannot write ".*prom": .*$/m);
      assert.match(stderr, says);
      assert.match(stdout, /^symbol/);
    }
    rmSync(join(world.folder, 'folder.prom'), { recursive: true });
    assert.not.ok(existsSync(join(world.folder, 'nowhere')));
  });

  test('a damaged file is replaced', async (world) => {
    writeFileSync(join(world.folder, FILE), '{{{\n\u0000 chartctl_ready{');
    assert.is((await world.run('ingest', 'ETHUSDT', ...FLAG)).exitCode, 0);
    assert.is(read(world)('ready{symbol="ETHUSDT"}'), 1);
  });

  test('two files in one folder never have the same series: the first by name keeps the symbols', async (world) => {
    await world.run('ingest', 'BTCUSDT', 'ETHUSDT', '--metrics-file', 'a.prom');
    const { stderr } = await world.run('backfill', 'BTCUSDT', '--hours', '1', '--metrics-file', 'b.prom');
    assert.match(stderr, 'note: "a.prom" in the same folder has metrics of these symbols already');
    const [a, b] = ['a.prom', 'b.prom'].map((name) => readFileSync(join(world.folder, name), 'utf8'));
    const both = [...readExposition(a!).keys()].filter((key) => readExposition(b!).has(key));
    assert.equal(both, []);
    assert.is(read(world, 'b.prom')('last_run_exit_code{command="backfill"}'), 0);
    await world.run('ingest', 'BTCUSDT', '--metrics-file', 'a.prom');
    assert.type(read(world, 'a.prom')('ready{symbol="BTCUSDT"}'), 'number', 'the first file keeps the symbols');
  });

  test('CHARTCTL_METRICS_FILE names the file too, and other users may read it', async (world) => {
    chmodSync(world.folder, 0o755);
    await world.runWith({ CHARTCTL_METRICS_FILE: 'env.prom' }, 'check-retrain', 'ETHUSDT');
    assert.is(read(world, 'env.prom')('last_run_exit_code{command="check-retrain"}'), 0);
    await world.runWith({ CHARTCTL_METRICS_FILE: 'jobs.prom' }, 'jobs');
    assert.not.ok(existsSync(join(world.folder, 'jobs.prom')), 'jobs is not a job');
  });
});
