import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { memorySource } from '../loopback/memory-source.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const REVISED = NOW - 100 * MINUTE_MS;

interface World {
  /** Runs `chartctl verify BTCUSDT --hours 4` with further flags. */
  verify: (...flags: string[]) => Promise<ProcessResult>;
  close: () => Promise<void>;
}

// the tests depend on their order; Binance has revised two minutes since they were stored
group<World>(
  'chartctl verify',
  (test) => {
    test('prints counts by class, then each range with its figures, then the meanings of the classes', async ({
      verify,
    }) => {
      const { exitCode, stdout } = await verify();
      assert.is(exitCode, 0);
      const [titles, counts, stretch, meaning, advice] = stdout.split('\n');
      assert.match(titles!, /^symbol +range +compared +same +revised +requests$/);
      assert.match(counts!, /^BTCUSDT +2025-06-01T08:00Z\.\.2025-06-01T12:00Z \(240 min\) +240 +238 +2 +1$/);
      assert.is(
        stretch,
        "BTCUSDT: revised 2025-06-01T10:20Z..2025-06-01T10:22Z (2 min): close equal, volume 0.5 of the exchange's",
      );
      assert.match(meaning!, /^revised: a row of Binance /);
      assert.match(advice!, /^nothing was changed: --flag /);
    });

    test('--exit-code exits 10 when rows differ', async ({ verify }) => {
      assert.is((await verify('--exit-code')).exitCode, 10);
      assert.is((await verify('--exit-code', '--repair')).exitCode, 10, 'valid rows are not changed');
    });

    test('--json lists every minute: equal ones as ranges, the others with both candles', async ({ verify }) => {
      const document = JSON.parse((await verify('--json')).stdout) as {
        jobId: number | null;
        symbols: {
          same: unknown;
          differences: { minute: string; class: string; storedRow: Candle; binanceCandle: Candle }[];
        }[];
      };
      assert.is(document.jobId, null);
      const [{ same, differences }] = document.symbols as [(typeof document.symbols)[number]];
      assert.equal(same, [
        { from: '2025-06-01T08:00:00Z', to: '2025-06-01T10:20:00Z' },
        { from: '2025-06-01T10:22:00Z', to: '2025-06-01T12:00:00Z' },
      ]);
      assert.equal(
        differences.map((row) => `${row.minute} ${row.class}`),
        ['2025-06-01T10:20:00Z revised', '2025-06-01T10:21:00Z revised'],
      );
      assert.is(differences[0]!.binanceCandle.volume, 2 * differences[0]!.storedRow.volume);
    });

    test('--flag shows the number of flagged rows, and --repair then replaces them: nothing differs any more', async ({
      verify,
    }) => {
      const flagged = await verify('--flag');
      assert.match(flagged.stdout, /^BTCUSDT: flagged 2; 2 still differ$/m);
      const repaired = await verify('--repair', '--exit-code');
      assert.match(repaired.stdout, /^BTCUSDT: replaced 2$/m);
      assert.is(repaired.exitCode, 0);
      const again = await verify('--exit-code');
      assert.is(again.exitCode, 0);
      assert.is(again.stdout.trimEnd().split('\n').length, 2);
    });

    test('--help defines every class', async ({ verify }) => {
      const { stdout } = await verify('--help');
      for (const word of ['same', 'revised', 'partial', 'wrong_market', 'absent']) {
        assert.match(stdout, new RegExp(`^  ${word} +[a-z]`, 'm'));
      }
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

async function openWorld(): Promise<World> {
  const cwd = mkdtempSync(join(tmpdir(), 'chartctl-verify-'));
  const database = await databases().at(-1)!.create();
  const { config } = database;
  const candles = generateCandles('BTCUSDT', { from: NOW - 1000 * MINUTE_MS, to: NOW });
  const now = candles.filter(({ openTime }) => openTime === REVISED || openTime === REVISED + MINUTE_MS);
  const binance = memorySource({ BTCUSDT: candles });
  const exchange = await startLoopback({ binance, nowMs: NOW + 5_000 });
  const place = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const type = (...argv: string[]) => runInProcess(argv, { cwd, env: { ...exchange.environment, ...place } });
  for (const line of ['migrate', 'backfill BTCUSDT --hours 5']) {
    const { exitCode, stderr } = await type(...line.split(' '));
    if (exitCode !== 0) throw new Error(stderr);
  }
  binance.put(
    'BTCUSDT',
    now.map((candle) => ({ ...candle, volume: 2 * candle.volume })),
  );
  return {
    verify: (...flags) => type('verify', 'BTCUSDT', '--hours', '4', ...flags),
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(cwd, { recursive: true });
    },
  };
}
