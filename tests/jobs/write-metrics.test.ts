import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describeThisProcess } from '../../src/database/file-locks/lock-owner.js';
import { type RunMetrics, writeMetrics } from '../../src/jobs/write-metrics.js';
import { toWindowSamples } from '../../src/monitoring/metrics.js';
import { group } from '../harness/group.js';
import { readExposition } from '../harness/read-exposition.js';

const NOW = Date.parse('2025-06-01T12:00:05.250Z');

function runOf(command: string, ...symbols: string[]): RunMetrics {
  const state = { lastCandleAt: NOW, bySource: { BINANCE: 600 }, valid: 600, missing: 0, gaps: 0, byRule: {} };
  return {
    command,
    endedAt: NOW,
    durationMs: 1200,
    exitCode: 0,
    lastSuccessAt: NOW,
    usage: { requests: 1, weight: 2 },
    symbols: { done: symbols.length, failed: 0 },
    windows: symbols.flatMap((symbol) => toWindowSamples({ ...state, symbol }, NOW, 600)),
    retired: [],
  };
}

interface World {
  folder: string;
  /** The series of a file. */
  read: (name: string) => string[];
  write: (name: string, run: RunMetrics) => Promise<string | null>;
}

group<World>(
  'the metrics file',
  (test) => {
    test('keeps the metrics of concurrent runs and leaves no other file behind', async ({ folder, read, write }) => {
      const commands = Array.from({ length: 12 }, (_, i) => `command${i}`);
      await Promise.all(commands.map((command, i) => write('all.prom', runOf(command, `SYMBOL${i}`))));
      const series = read('all.prom');
      for (const [i, command] of commands.entries()) {
        assert.ok(series.includes(`chartctl_last_run_exit_code{command="${command}"}`), command);
        assert.ok(series.includes(`chartctl_ready{symbol="SYMBOL${i}"}`), `SYMBOL${i}`);
      }
      assert.equal(readdirSync(folder), ['all.prom']);
      rmSync(join(folder, 'all.prom'));
    });

    test('replaces a lock file that a process of another machine has held for 2 s', async ({ folder, read, write }) => {
      writeFileSync(join(folder, 'left.prom.lock'), JSON.stringify({ ...describeThisProcess(), host: 'elsewhere' }));
      const began = performance.now();
      await write('left.prom', runOf('ingest', 'BTCUSDT'));
      assert.ok(performance.now() - began < 4000);
      assert.ok(read('left.prom').includes('chartctl_ready{symbol="BTCUSDT"}'));
      assert.equal(readdirSync(folder), ['left.prom']);
      rmSync(join(folder, 'left.prom'));
    });

    test('leaves a symbol out that a file with an earlier name has, whichever was written first', async ({
      read,
      write,
    }) => {
      assert.is(await write('c.prom', runOf('ingest', 'BTCUSDT', 'ETHUSDT', 'SOLUSDT')), null);
      assert.is(await write('a.prom', runOf('backfill', 'BTCUSDT')), null);
      assert.is(await write('b.prom', runOf('clean', 'BTCUSDT', 'ETHUSDT')), 'a.prom');
      assert.is(await write('c.prom', runOf('ingest', 'BTCUSDT', 'ETHUSDT', 'SOLUSDT')), 'a.prom');
      const all = ['a.prom', 'b.prom', 'c.prom'].flatMap(read);
      assert.is(new Set(all).size, all.length, 'no series is in two files');
      assert.equal(
        ['a.prom', 'b.prom', 'c.prom'].map((name) => read(name).filter((key) => key.startsWith('chartctl_ready'))),
        [['BTCUSDT'], ['ETHUSDT'], ['SOLUSDT']].map((symbols) =>
          symbols.map((symbol) => `chartctl_ready{symbol="${symbol}"}`),
        ),
      );
    });
  },
  {
    setup: () => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-metrics-'));
      return {
        folder,
        read: (name) => [...readExposition(readFileSync(join(folder, name), 'utf8')).keys()],
        write: (name, run) => writeMetrics(join(folder, name), run),
      };
    },
    teardown: ({ folder }) => rmSync(folder, { recursive: true }),
  },
);
