import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { withStore } from '../../src/database/open-store.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { foldLines } from '../../src/terminal/fold.js';
import { displayWidth } from '../../src/terminal/text.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const WIDTHS = [80, 100, 120];
const MAX_LINES = 40;
const SYMBOLS = Array.from({ length: 20 }, (_, i) => `COIN${String(i).padStart(2, '0')}USDT`);
const OUTAGE = { from: NOW - 300 * MINUTE_MS, to: NOW - 270 * MINUTE_MS };

interface World {
  exchange: Loopback;
  /** The output on a terminal of a width, or into a pipe without one. */
  run: (line: string, columns?: number) => Promise<ProcessResult>;
  execute: (sql: string) => Promise<unknown>;
  /** The exchange no longer has these minutes. */
  forget: (symbol: string, range: { from: number; to: number }) => void;
  close: () => Promise<void>;
}

// the tests depend on their order: half of twenty symbols had an outage, one lacks minutes, one is retired
group<World>(
  'twenty symbols in a terminal',
  (test) => {
    test('every command that reads fits the width, and 40 lines', async ({ run }) => {
      const lines = ['status', 'clean --all --dry-run --sigma 2.5', 'export-training-set --all --out set.csv'];
      for (const columns of WIDTHS) for (const line of lines) await checkCommand(run, line, columns);
      for (const line of [
        'export-training-set --all --out split.csv --split 70/15/15',
        'export-training-set --all --out ready.csv --require-ready',
        'backfill --all --hours 10 --dry-run',
        'rebuild --all --dry-run',
        'verify --all --hours 6',
        'check-retrain --all',
        'report --all --hours 6 --out report.html',
        'jobs',
        'history --limit 20',
        'diff 1 now',
        'doctor',
      ]) {
        await checkCommand(run, line, 80);
      }
    });

    test('the worst come first, and the last line counts', async ({ run }) => {
      const lines = (await run('status', 100)).stdout.trimEnd().split('\n');
      const rows = lines.filter((line) => line.startsWith('COIN'));
      assert.match(rows[0]!, / no /);
      assert.ok(rows.length <= 13, rows.join('\n'));
      assert.match(lines.at(-1)!, /^10 of 19 ready, 9 not: COIN\d\dUSDT .* and \d+ more, 1 retired, \d+\.\d s$/);
      const exported = (await run('export-training-set --all --out set.csv', 100)).stdout;
      assert.match(
        exported,
        /^range: 2025-06-01T02:00Z\.\.2025-06-01T12:00Z \(600 min\)\nsymbol +rows +ready +sources\n/,
      );
      assert.match(exported, /^total +[\d,]+$/m);
      assert.match(exported, /^10 of 19 ready, 9 not: .*, \d+\.\d s$/m);
    });

    test('an outage is one finding of all its symbols', async ({ run }) => {
      const exported = (await run('export-training-set --all --out set.csv', 100)).stdout;
      assert.match(
        exported,
        /^COIN\d\dUSDT \+8 +30 +06-01 07:00 +06-01 07:29 .*missing at the exchange: exchange outage$/m,
      );
      const status = (await run('status', 100)).stdout;
      assert.match(
        status.replace(/\n +/g, ' '),
        /^gaps of 3 days: 10 in 9 symbols; most common: 2025-06-01T07:00Z\.\.07:30Z \(30 min\) interior: exchange outage, in COIN01USDT COIN03USDT COIN05USDT and 6 more$/m,
      );
    });

    test('a remedy names at most five symbols, else all or the file that the call read', async ({ run }) => {
      const { stdout } = await run('status', 120);
      const remedies = stdout.split('\n').filter((line) => /^ *(do|or fill it): /.test(line));
      assert.ok(remedies.length > 1, stdout);
      for (const line of remedies) assert.ok((line.match(/COIN/g) ?? []).length <= 5, line);
      assert.match(stdout, '  do: chartctl backfill COIN03USDT --from');
      assert.match(stdout, '  or fill it: chartctl backfill --all --from');
      const { stdout: fromFile } = await run('status --symbols-file symbols.txt', 120);
      assert.match(fromFile, '  or fill it: chartctl backfill --symbols-file symbols.txt --from');
    });

    test('--verbose shows every row and finding', async ({ run }) => {
      const short = (await run('clean --all --dry-run --sigma 2.5', 100)).stdout;
      const whole = (await run('clean --all --dry-run --sigma 2.5 --verbose', 100)).stdout;
      assert.ok(!short.includes('would flag 2025') && (whole.match(/would flag 2025/g) ?? []).length > 100);
      const status = (await run('status --verbose', 100)).stdout;
      for (const symbol of SYMBOLS) assert.match(status, symbol);
    });

    test('a failure of the exchange is one error and one note', async ({ run, exchange }) => {
      exchange.faults.always({ status: 503, body: {} }, { exchange: 'binance', path: 'klines' });
      const before = exchange.requests.length;
      const { exitCode, stderr, stdout } = await run('verify --all --hours 2');
      exchange.faults.clear();
      const requests = exchange.requests.length - before;
      assert.ok(requests < 45, `${requests} requests: only the first four symbols retry, up to eight times`);
      assert.is(exitCode, 75, stderr);
      const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
      assert.is(errors.length, 1, stderr);
      assert.match(errors[0]!, /^error: COIN00USDT COIN01USDT COIN02USDT COIN03USDT COIN04USDT and 14 more: /);
      assert.ok(stderr.split('\n').filter((line) => line.startsWith('note: ')).length <= 3, stderr);
      assert.match(stdout, /^0 of 19 as at Binance, 19 failed: COIN00USDT .*, \d+\.\d s$/m);
    });

    test('commands that write fit, too', async ({ run }) => {
      for (const line of [
        'ingest --all',
        'backfill --all --hours 20',
        'clean --all --sigma 2.5',
        'clean --all --repair',
        'verify --all --hours 2 --repair',
        'retire COIN17USDT COIN18USDT --reason "their owner gives one that is rather long, as reasons tend to be"',
      ]) {
        await checkCommand(run, line, 80);
      }
    });

    test('a first backfill fits where each symbol lacks other minutes, and what follows', async ({
      run,
      execute,
      forget,
    }) => {
      for (const [i, symbol] of SYMBOLS.entries())
        forget(symbol, { from: NOW - (300 + 3 * i) * MINUTE_MS, to: NOW - (270 + 2 * i) * MINUTE_MS });
      await execute('DELETE FROM rolling_chart_data; DELETE FROM chartctl_gaps; DELETE FROM chartctl_flags');
      await checkCommand(run, 'backfill --symbols-file symbols.txt --hours 20 --dry-run', 80);
      await checkCommand(run, 'backfill --symbols-file symbols.txt --hours 20', 80);
      const short = (await run('backfill --all --hours 20 --dry-run', 80)).stdout;
      assert.match(short, /^and \d+ more; --verbose shows all\ntotal /m);
      const whole = (await run('backfill --all --hours 20 --dry-run --verbose', 80)).stdout;
      for (const symbol of SYMBOLS.slice(0, 17)) assert.match(whole, new RegExp(`^${symbol} +\\d`, 'm'));
      await checkCommand(run, 'backfill --all --hours 20 --dry-run', 100);
      await checkCommand(run, 'export-training-set --all --out ready.csv --require-ready', 80);
      const { stdout } = await run('export-training-set --all --out ready.csv --require-ready --json');
      assert.is((JSON.parse(stdout) as { symbols: unknown[] }).symbols.length, 17);
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

/** An address, a hash or a path. */
const UNBREAKABLE = /https?:\/\/\S+|[0-9a-f]{64}|\/\S{40,}/;

/**
 * No line is wider than the terminal, except by an address or a hash, which cannot be broken; and what is printed on
 * standard error, which is no terminal here, fits beside the result.
 */
async function checkCommand(run: World['run'], command: string, columns: number): Promise<void> {
  const { exitCode, stdout, stderr } = await run(command, columns);
  assert.ok([0, 3].includes(exitCode), `${command}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  const beside = foldLines(stderr.trimEnd().split('\n'), columns);
  const count = lines.length + beside.length;
  assert.ok(count <= MAX_LINES, `${command} at ${columns}: ${count} lines\n${stdout}${stderr}`);
  const tooWide = lines.filter((line) => displayWidth(line) > columns && !UNBREAKABLE.test(line));
  assert.equal(tooWide, [], `${command} at ${columns}`);
}

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-fleet-'));
  const range = { from: NOW - 1500 * MINUTE_MS, to: NOW };
  const candles = SYMBOLS.slice(0, 4).map((symbol) => generateCandles(symbol, range));
  const binance = memorySource(Object.fromEntries(SYMBOLS.map((symbol, i) => [symbol, candles[i % 4]!])));
  for (const [i, symbol] of SYMBOLS.entries()) if (i % 2 === 1) binance.remove(symbol, OUTAGE);
  const exchange = await startLoopback({ binance, nowMs: NOW + 5_000 });
  const database = await databases().at(-1)!.createMigrated();
  const env = { ...exchange.environment, ...databaseEnvironment(database.config), LC_ALL: 'C.UTF-8', NO_COLOR: '1' };
  const run = (line: string, columns?: number) => {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
    return runInProcess(words, { cwd: folder, env, columns });
  };
  const execute = (sql: string) => withStore(database.config, ({ knex }) => knex.raw(sql));
  writeFileSync(join(folder, 'symbols.txt'), SYMBOLS.join('\n'));
  const filled = await run(`backfill ${SYMBOLS.join(' ')} --minutes 1200`);
  if (![0, 3].includes(filled.exitCode)) throw new Error(filled.stderr);
  await execute(`DELETE FROM rolling_chart_data WHERE symbol = 'COIN03USDT'
    AND timestamp >= '2025-06-01T09:00Z' AND timestamp < '2025-06-01T09:05Z'`);
  await run('retire COIN19USDT --reason delisted');
  return {
    exchange,
    run,
    execute,
    forget: (symbol, lost) => binance.remove(symbol, lost),
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}
