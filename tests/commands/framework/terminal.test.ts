import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { displayWidth } from '../../../src/terminal/text.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';
import { runInProcess } from '../run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', '1000SATSUSDT'];
const UTF8 = { LC_ALL: 'C.UTF-8' };
const WIDTHS = [40, 80, 120];

interface World {
  cwd: string;
  env: Record<string, string>;
  /** The output on a terminal of this width, or into a pipe without one. */
  run: (line: string, columns?: number, locale?: Record<string, string>) => Promise<string>;
}

// the tests depend on their order: the first one stores a day, in which one symbol has a gap
group<World>(
  'on a terminal',
  (test) => {
    test('backfill draws the range before and after, as wide as the terminal', async ({ run }) => {
      const text = await run('backfill BTCUSDT ETHUSDT --hours 24', 80);
      assert.match(text, /^coverage, 30 min a character \(UTC\)$/m);
      assert.match(text, /^ {17}\|12:00 {6}\|18:00 {6}\|06-01 {6}\|06:00$/m);
      assert.match(text, /^BTCUSDT {2}before {2}·{48}\n {9}after {3}█{38}··░{8}$/m);
      assert.match(text, /^ETHUSDT {2}before {2}·{48}\n {9}after {3}█{48}$/m);
    });

    test('an unchanged range is drawn on one line', async ({ run }) => {
      for (const line of ['backfill ETHUSDT --hours 2', 'backfill ETHUSDT --hours 2 --dry-run']) {
        assert.match(await run(line, 80), /^ETHUSDT {2}now {5}█{60}$/m);
      }
    });

    test('status draws closes and volumes, the newest hours that fit', async ({ run }) => {
      const narrow = await run('status BTCUSDT', 80);
      assert.match(narrow, /^close and volume of the last 63 hours: ▁ lowest to █ highest {2}· no row$/m);
      assert.match(narrow, /^BTCUSDT {2}close {3}[·▁▂▃▄▅▆▇█]{63}\n {9}volume {2}[·▁▂▃▄▅▆▇█]{63}$/m);
      const wide = await run('status BTCUSDT', 120);
      assert.match(wide, /^BTCUSDT {2}close {3}[·▁▂▃▄▅▆▇█]{72} {2}[\d,.]+ to [\d,.]+$/m);
    });

    test('neither a drawing nor a table is wider than the terminal', async ({ run }) => {
      for (const columns of WIDTHS) {
        const status = await run('status --days 9', columns);
        const drawn = status.slice(status.indexOf('\ncoverage'), status.indexOf('\nrows of the window'));
        assert.match(drawn, /▁/);
        const backfill = await run(`backfill ${SYMBOLS.join(' ')} --days 3 --dry-run`, columns);
        assert.match(backfill, /now {5}[█·░]/);
        // a table has at least two columns, also when they do not fit
        const text = columns < 80 ? drawn + backfill.slice(backfill.indexOf('\ncoverage')) : status + backfill;
        const tooWide = text.split('\n').filter((line) => displayWidth(line) > columns && !/^\w+: |^ {2}/.test(line));
        assert.equal(tooWide, [], `${columns} columns`);
      }
    });

    test('a terminal without UTF-8, and --ascii, get plain characters', async ({ run }) => {
      for (const [flag, locale] of [
        ['', { LC_ALL: 'C' }],
        ['--ascii', UTF8],
      ] as const) {
        const status = await run(`status BTCUSDT ${flag}`, 100, locale);
        assert.match(status, /^BTCUSDT {2}[.#*+-]{72}$/m);
        assert.match(status, /^BTCUSDT {2}close {3}[.1-8]{60,72} {2}[\d,.]+ to [\d,.]+$/m);
        const backfill = await run(`backfill BTCUSDT ${flag}`, 100, locale);
        assert.match(backfill, /^BTCUSDT {2}now {5}-{60}$/m);
        assert.ok([...(status + backfill)].every((character) => character.charCodeAt(0) < 128));
      }
    });

    test('a pipe and --json get neither sparkline nor strip of the range', async ({ run }) => {
      for (const text of [
        await run('status BTCUSDT'),
        await run('backfill BTCUSDT --days 1'),
        await run('backfill BTCUSDT --days 1 --json', 80),
      ]) {
        assert.not.match(text, /[▁▂▃▄▅▆▇]|before|a character/);
      }
      assert.match(await run('backfill BTCUSDT --days 1 --json', 80), /^\{.*\}\n$/);
    });

    test('colours do not change the characters', async ({ cwd, env, run }) => {
      const plain = await runInProcess(['status', 'BTCUSDT', '--no-color'], {
        cwd,
        env: { ...env, ...UTF8 },
        columns: 80,
      });
      const coloured = await run('status BTCUSDT', 80);
      // the rule no-control-regex forbids the escape character in a literal
      assert.is(coloured.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), ''), plain.stdout);
    });
  },
  { setup: openWorld, teardown: closeWorld },
);

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;

group<World>(
  'the built program on a pseudo-terminal',
  (test) => {
    const title = 'it draws on the terminal, and not into a pipe';
    if (!HAS_SCRIPT) {
      test.skip(title, 'no `script` here (Debian: bsdutils)');
      return;
    }
    test(title, async ({ cwd, env }) => {
      const run = async (line: string) =>
        (await promisify(execFile)('/bin/sh', ['-c', line], { cwd, env: { ...process.env, ...env, ...UTF8 } })).stdout;
      const chartctl = `'${process.execPath}' '${resolve('dist/bin/chartctl.js')}'`;
      const onTerminal = (line: string, columns: number) =>
        run(`script -qec "stty cols ${columns}; ${chartctl} ${line}" /dev/null < /dev/null`);
      assert.match(
        await onTerminal('backfill BTCUSDT --hours 20', 80),
        /before {2}·{60}\r\n {9}after {3}█{45}···░{12}\r/,
      );
      assert.match(await onTerminal('status BTCUSDT', 120), /close {3}[·▁▂▃▄▅▆▇█]{72} {2}/);
      assert.match(await onTerminal('status BTCUSDT', 80), /close {3}[·▁▂▃▄▅▆▇█]{63}\r/);
      for (const line of ['status BTCUSDT | cat', 'status BTCUSDT > out.txt; cat out.txt']) {
        const piped = await run(`${chartctl} ${line}`);
        assert.match(piped, /^BTCUSDT .*\d+ s/m);
        assert.not.match(piped, /[▁▂▃▄▅▆▇]/);
      }
    });
  },
  { setup: openWorld, teardown: closeWorld },
);

const closers = new WeakMap<World, () => Promise<void>>();

async function openWorld(): Promise<World> {
  const candles = generateCandles('BTCUSDT', { from: NOW - 6000 * MINUTE_MS, to: NOW });
  const exchange = await startLoopback({
    binance: memorySource(Object.fromEntries(SYMBOLS.map((symbol) => [symbol, candles]))),
    nowMs: NOW + 5_000,
  });
  exchange.hide('BTCUSDT', { from: NOW - 300 * MINUTE_MS, to: NOW - 240 * MINUTE_MS });
  const cwd = mkdtempSync(join(tmpdir(), 'chartctl-terminal-'));
  const database = await databases().at(-1)!.create();
  const { config } = database;
  const place = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const env: Record<string, string> = { HOME: cwd, ...exchange.environment, ...place };
  const world: World = {
    cwd,
    env,
    run: async (line, columns, locale = UTF8) => {
      const argv = line.split(' ').filter((word) => word !== '');
      const { stdout, stderr, exitCode } = await runInProcess(argv, { cwd, env: { ...env, ...locale }, columns });
      assert.is(exitCode, 0, stderr);
      return stdout;
    },
  };
  closers.set(world, async () => {
    await exchange.close();
    await database.drop();
    rmSync(cwd, { recursive: true });
  });
  await world.run('migrate');
  return world;
}

async function closeWorld(world: World): Promise<void> {
  await closers.get(world)?.();
}
