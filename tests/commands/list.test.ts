import { mkdtempSync, rmSync } from 'node:fs';
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
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-05T12:00:00Z');
const SYMBOLS = ['BTCUSDT', 'ETHBTC', 'OLDUSDT'];

interface World {
  run: (...argv: string[]) => Promise<ProcessResult>;
  execute: (sql: string) => Promise<void>;
  exchange: Loopback;
  close: () => Promise<void>;
}

// BTCUSDT lacks 5 minutes over midnight four days ago, and a whole day before that; OLDUSDT is retired
group<World>(
  'the inventory',
  (test) => {
    test('list counts rows, valid ones and holes over all time, and marks retired symbols', async ({
      run,
      exchange,
    }) => {
      exchange.requests.length = 0;
      const { exitCode, stdout, stderr } = await run('list');
      assert.is(exitCode, 0, stderr);
      assert.is(exchange.requests.length, 0, 'it needs no exchange');
      const lines = stdout.trimEnd().split('\n');
      assert.match(lines[0]!, /^symbol +first +last +rows +valid +holes +missing +size +retired +sources$/);
      assert.match(
        lines[1]!,
        /^BTCUSDT +2025-05-29T17:20Z +2025-06-05T11:59Z +8,315 +[78],\d{3} +2 +1,445 +\d+(\.\d+)? [kM]B +- +BINANCE_BACKFILL 8,315$/,
      );
      assert.match(
        lines[2]!,
        /^ETHBTC +2025-06-05T02:00Z +2025-06-05T11:59Z +600 +600 +0 +0 .* - +BINANCE_BACKFILL 600$/,
      );
      assert.match(lines[3]!, /^OLDUSDT .* retired +BINANCE_BACKFILL 600$/);
      assert.match(lines.at(-1)!, /^3 symbols, 9,515 rows, 2 holes, 1 retired, \d+\.\d s$/);
    });

    test('--fast reads the index alone and finds the same rows and holes', async ({ run }) => {
      const { stdout } = await run('list', 'BTCUSDT', '--fast');
      assert.match(stdout, /^symbol +first +last +rows +holes +missing +size\nBTCUSDT .* 8,315 +2 +1,445 /);
    });

    test('--csv and --json have the same numbers', async ({ run }) => {
      const csv = (await run('list', 'BTCUSDT', '--csv')).stdout.trimEnd().split('\n');
      assert.is(
        csv[0],
        'symbol,first,last,rows,valid,holes,missing_minutes,binance,binance_backfill,fallback,bytes,retired',
      );
      assert.match(csv[1]!, /^BTCUSDT,2025-05-29T17:20Z,2025-06-05T11:59Z,8315,\d+,2,1445,0,8315,0,\d+,false$/);
      const document = JSON.parse((await run('list', '--json')).stdout) as { symbols: Record<string, unknown>[] };
      const [first, , old] = document.symbols;
      assert.equal([first!.rows, first!.holeCount, first!.missingMinutes, first!.retired], [8315, 2, 1445, null]);
      assert.equal(first!.first, { minute: '2025-05-29T17:20:00Z' });
      assert.is((old!.retired as { reason: string }).reason, 'delisted');
    });

    test('symbols asks Binance, and prints one a line', async ({ run, exchange }) => {
      exchange.setState('OLDUSDT', 'BREAK');
      assert.is((await run('symbols')).stdout, 'BTCUSDT\nETHBTC\nOLDUSDT\n');
      assert.is((await run('symbols', '--quote', 'usdt')).stdout, 'BTCUSDT\nOLDUSDT\n');
      assert.is((await run('symbols', '--quote', 'USDT', '--status', 'TRADING')).stdout, 'BTCUSDT\n');
      const { symbols } = JSON.parse((await run('symbols', '--quote', 'BTC', '--json')).stdout) as {
        symbols: object[];
      };
      assert.equal(symbols, [{ symbol: 'ETHBTC', status: 'TRADING', base: 'ETH', quote: 'BTC', ok: true }]);
    });

    test('a symbol that is not stored is an error that names the nearest stored ones', async ({ run }) => {
      for (const command of ['status', 'list']) {
        const { exitCode, stdout, stderr } = await run(command, 'BTCUSD');
        assert.equal([exitCode, stdout], [1, ''], stderr);
        assert.match(stderr, 'error: BTCUSD: the database has no row of BTCUSD\nhint:  did you mean BTCUSDT?');
      }
      const { exitCode, stderr } = await run('status', 'BTCUSDT', 'XYZ');
      assert.is(exitCode, 3, stderr);
      assert.match(stderr, 'error: XYZ: the database has no row of XYZ\nhint:  chartctl list shows the stored symbols');
    });

    test('status names holes that are older than its days', async ({ run }) => {
      const { stdout } = await run('status', 'BTCUSDT', '--days', '1');
      assert.match(stdout, /^older gaps: 2 in BTCUSDT: chartctl list BTCUSDT$/m);
      assert.not.match((await run('status', 'ETHBTC')).stdout, 'older gaps');
    });

    test('a hole across the first day that status shows is counted once', async ({ run, execute }) => {
      const bounds = `symbol = 'BTCUSDT' AND timestamp >= '2025-06-04T11:50Z' AND timestamp < '2025-06-04T12:10Z'`;
      await execute(`DELETE FROM rolling_chart_data WHERE ${bounds}`);
      const { stdout } = await run('status', 'BTCUSDT', '--days', '1');
      assert.match(stdout, /^older gaps: 2 in BTCUSDT/m);
      assert.match(stdout, /^ *2025-06-04T12:00Z\.\.12:10Z \(10 min\)/m, stdout);
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-list-'));
  const range = { from: Date.parse('2025-05-29T00:00Z'), to: NOW };
  const exchange = await startLoopback({
    binance: memorySource(Object.fromEntries(SYMBOLS.map((symbol) => [symbol, generateCandles('BTCUSDT', range)]))),
    nowMs: NOW + 5_000,
  });
  const database = await databases().at(-1)!.createMigrated();
  const env = { ...exchange.environment, ...databaseEnvironment(database.config) };
  const run = (...argv: string[]) => runInProcess(argv, { cwd: folder, env });
  await run('backfill', 'BTCUSDT', '--from', '2025-05-30', '--keep-flagged');
  await run('backfill', 'ETHBTC', 'OLDUSDT', '--minutes', '600');
  const execute = (sql: string) =>
    withStore(database.config, async ({ knex }) => {
      await knex.raw(sql);
    });
  await execute(
    `DELETE FROM rolling_chart_data WHERE symbol = 'BTCUSDT'
      AND (timestamp >= '2025-05-31T00:00Z' AND timestamp < '2025-06-01T00:00Z'
        OR timestamp >= '2025-06-01T23:57Z' AND timestamp < '2025-06-02T00:02Z')`,
  );
  await withStore(database.config, ({ knex }) =>
    knex.raw(`DELETE FROM rolling_chart_data WHERE symbol IN ('ETHBTC', 'OLDUSDT') AND timestamp < ?`, [
      new Date(NOW - 600 * MINUTE_MS),
    ]),
  );
  await run('retire', 'OLDUSDT', '--reason', 'delisted');
  return {
    run,
    execute,
    exchange,
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}
