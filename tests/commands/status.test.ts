import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HourTrade } from '../../src/core/coverage.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { withStore } from '../../src/database/open-store.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { memorySource } from '../loopback/memory-source.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const HOLE = { from: NOW - 300 * MINUTE_MS, to: NOW - 240 * MINUTE_MS };
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', '1000SATSUSDT'];

interface World {
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs a statement in the database. */
  execute: (sql: string) => Promise<unknown>;
  close: () => Promise<void>;
}

// the tests depend on their order; Binance had an outage of an hour, for two of three symbols
group<World>(
  'chartctl status',
  (test) => {
    test('an empty database is not an error', async ({ run }) => {
      const { exitCode, stdout, stderr } = await run('status');
      assert.equal([exitCode, stdout], [0, '']);
      assert.match(stderr, /the database holds no symbol yet/);
    });

    test('a row and a strip for each symbol; common gaps are listed once', async ({ run }) => {
      await run('backfill', ...SYMBOLS, '--days', '2');
      const { exitCode, stdout } = await run('status');
      assert.is(exitCode, 0);
      const lines = stdout.split('\n');
      assert.equal(lines.slice(0, 2), ['last candle: 2025-06-01T11:59Z', 'age: 5 s']);
      assert.match(lines[2]!, /^symbol +present of 600 +valid +gaps +ready$/);
      assert.match(lines[3]!, /^BTCUSDT +540 +300 +1 +no$/);
      assert.match(lines[5]!, /^1000SATSUSDT +600 +600 +0 +yes$/);
      assert.match(lines.at(-2)!, /^1 of 3 ready, 2 not: BTCUSDT ETHUSDT, \d+\.\d s$/);
      assert.match(stdout, /^BTCUSDT +·{17}░{7}█{43}·░{4}$/m);
      assert.match(stdout, /^1000SATSUSDT +·{17}░{7}█{48}$/m);
      const outage = '2025-06-01T07:00Z..08:00Z (60 min)';
      assert.ok(lines.includes(`  ${outage} interior: exchange outage: BTCUSDT ETHUSDT`), stdout);
      assert.equal(lines.slice(lines.indexOf('not ready: BTCUSDT ETHUSDT')).slice(0, 5), [
        'not ready: BTCUSDT ETHUSDT',
        `  ${outage}: missing at Binance: exchange outage`,
        `  2025-06-01T08:00Z..12:00Z (240 min): warming up after ${outage}`,
        '  ready from 2025-06-02T00:40Z if nothing more is missing',
        '  or fill it: chartctl backfill BTCUSDT ETHUSDT --from 2025-06-01T07:00Z --to 2025-06-01T08:00Z --fill-gaps',
      ]);
      const tooLong = lines.filter((line) => line.length > 100 && !line.includes('chartctl backfill'));
      assert.equal(tooLong, []);
    });

    test('--ascii draws with plain characters, --days sets the length', async ({ run }) => {
      const { stdout } = await run('status', 'BTCUSDT', '--ascii', '--days', '4');
      assert.match(stdout, /^BTCUSDT +\.{24}$/m);
      assert.match(stdout, /^BTCUSDT +\.{17}-{7}#{43}\.-{4}$/m);
      assert.not.match(stdout, /[█▓▒░·]/);
    });

    test('--exit-code exits 3 when a window is not ready', async ({ run }) => {
      assert.is((await run('status', '--exit-code')).exitCode, 3);
      assert.is((await run('status', '1000SATSUSDT', '--exit-code')).exitCode, 0);
    });

    test('in JSON a window that is not ready is the error of its symbol, with --exit-code only', async ({ run }) => {
      interface Document {
        ok: boolean;
        exitCode: number;
        symbols: { ok: boolean; error?: { code: string } }[];
        error?: { code: string; message: string };
      }
      const asked = JSON.parse((await run('status', 'BTCUSDT', '--json', '--exit-code')).stdout) as Document;
      assert.equal([asked.exitCode, asked.ok, asked.symbols[0]!.ok], [3, false, false]);
      assert.equal(asked.symbols[0]!.error, {
        code: 'NOT_READY',
        message: 'BTCUSDT is not ready: 300 of 600 minutes are valid',
      });
      assert.equal(asked.error, asked.symbols[0]!.error);
      const shown = JSON.parse((await run('status', 'BTCUSDT', '--json')).stdout) as Document;
      assert.equal([shown.exitCode, shown.ok, shown.symbols[0]!.ok, shown.error], [0, true, true, undefined]);
    });

    test('--json has all of it, with times as ISO 8601', async ({ run }) => {
      const document = JSON.parse((await run('status', 'BTCUSDT', '--json')).stdout) as {
        jobId: unknown;
        clock: unknown;
        symbols: Record<string, unknown>[];
      };
      assert.is(document.jobId, null);
      assert.equal(document.clock, { minute: '2025-06-01T12:00:00Z', source: 'exchange' });
      const { coverage, readiness, trade, ...rest } = document.symbols[0]!;
      assert.equal(rest, {
        symbol: 'BTCUSDT',
        ok: true,
        last: { minute: '2025-06-01T11:59:00Z', ageSeconds: 5 },
        window: {
          from: '2025-06-01T02:00:00Z',
          to: '2025-06-01T12:00:00Z',
          minutes: 600,
          present: 540,
          valid: 300,
          bySource: { BINANCE_BACKFILL: 540 },
        },
        gaps: [
          {
            from: '2025-06-01T07:00:00Z',
            to: '2025-06-01T08:00:00Z',
            cause: 'exchange outage',
            haltedMinutes: 0,
            askAgainAt: '2025-06-01T13:00:05Z',
            minutes: 60,
            kind: 'interior',
          },
        ],
        flags: { openFlags: 0, byRule: {} },
        beyondClock: null,
        retired: null,
      });
      assert.equal((coverage as unknown[])[71], { from: '2025-06-01T11:00:00Z', minutes: 60, rows: 60, valid: 0 });
      assert.equal([(trade as unknown[]).length, (trade as HourTrade[])[0]?.close], [72, null]);
      const { readyFrom, isOnlyTimeMissing } = readiness as Record<string, unknown>;
      assert.equal([readyFrom, isOnlyTimeMissing], ['2025-06-02T00:40:00Z', true]);
    });

    test('--sources compares the fallback exchanges, and names those that do not answer', async ({ run }) => {
      const { exitCode, stdout } = await run('status', 'BTCUSDT', '1000SATSUSDT', '--sources');
      assert.is(exitCode, 0);
      assert.match(stdout, /^symbol +exchange +minutes +offset +median +max +volume +trusted$/m);
      assert.match(stdout, /^BTCUSDT +okx +100 +20\.0 bp +20\.0 bp +20\.0 bp +0\.0025 \(1\/400\) +yes$/m);
      assert.match(stdout, /^1000SATSUSDT: okx: OKX answered 51001/m);
    });

    test("status, doctor and clean --dry-run name rows later than the exchange's clock and the command that removes them", async ({
      run,
      execute,
    }) => {
      const row = `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)`;
      await execute(
        `${row} VALUES ('BTCUSDT', '2025-06-01T15:00Z', 1, 1, 1, 1, 1), ('BTCUSDT', '2025-06-01T15:01Z', 1, 1, 1, 1, 1)`,
      );
      const remedy = 'do: chartctl clean BTCUSDT --remove-future';
      const { stdout } = await run('status', 'BTCUSDT');
      const lines = stdout.split('\n');
      const at = lines.indexOf("rows later than the exchange's clock");
      const named = '2 rows, 2025-06-01T15:00Z to 2025-06-01T15:01Z; they are ignored';
      assert.equal(lines.slice(at + 1, at + 3), [`  BTCUSDT: ${named}`, `  ${remedy}`]);
      assert.match(lines[1]!, /^BTCUSDT +2025-06-01T11:59Z +5 s/);
      const plan = await run('clean', 'BTCUSDT', '--dry-run', '--without', 'volume_spike');
      assert.ok(plan.stdout.endsWith(`\nBTCUSDT: later than Binance's clock: ${named}\n  ${remedy}\n`), plan.stdout);
      const { stdout: checks } = await run('doctor', 'BTCUSDT');
      assert.match(
        checks,
        /^warn +future rows +rows later than the exchange's clock: BTCUSDT 2, from 2025-06-01T15:00Z\n +do: chartctl clean BTCUSDT --remove-future$/m,
      );
      const removed = await run('clean', 'BTCUSDT', '--remove-future', '--without', 'volume_spike');
      assert.ok(removed.stdout.endsWith("\nBTCUSDT: removed 2 rows later than Binance's clock\n"), removed.stdout);
      assert.not.match((await run('status', 'BTCUSDT')).stdout, /later than/);
    });
  },
  {
    setup: async () => {
      const range = { from: NOW - 4000 * MINUTE_MS, to: NOW };
      const candles = generateCandles('BTCUSDT', range);
      const dearer = candles.map(({ openTime, open, high, low, close, volume }) => ({
        openTime,
        open: open * 1.002,
        high: high * 1.002,
        low: low * 1.002,
        close: close * 1.002,
        volume: volume / 400,
      }));
      const exchange = await startLoopback({
        binance: memorySource(Object.fromEntries(SYMBOLS.map((symbol) => [symbol, candles]))),
        fallbacks: { okx: memorySource({ BTCUSDT: dearer }) },
        nowMs: NOW + 5_000,
      });
      exchange.hide('BTCUSDT', HOLE);
      exchange.hide('ETHUSDT', HOLE);
      const database = await databases()[0]!.create();
      const cwd = mkdtempSync(join(tmpdir(), 'chartctl-status-'));
      const { config } = database;
      const variables: Record<string, string> =
        config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
      return {
        run: (...argv) => runInProcess(argv, { cwd, env: { ...exchange.environment, ...variables } }),
        execute: (sql) => withStore(config, ({ knex }) => knex.raw(sql)),
        close: async () => {
          await exchange.close();
          await database.drop();
          rmSync(cwd, { recursive: true });
        },
      };
    },
    teardown: ({ close }) => close(),
  },
);
