import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { loadTrainingRows } from '../../src/index.js';
import { compile, createConsumer, type Ended, execute, removeConsumer } from '../harness/consumer-project.js';
import { type Backend, databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { memorySource } from '../loopback/memory-source.js';
import { startLoopback } from '../loopback/start-loopback.js';

const EXAMPLES = readdirSync('tests/examples').filter((name) => !name.endsWith('.test.ts'));
const NOW = Date.parse('2025-06-01T12:00:00Z');
const HOLE = { from: NOW - 360 * MINUTE_MS, to: NOW - 300 * MINUTE_MS };

/** As bin/program.ts sets them: the examples end before optimizing the embedded database's code would pay. */
const FLAGS = ['--liftoff-only', '--wasm-lazy-validation'];

/** Wrong uses that the types must refuse. */
const WRONG_USES = `
import { backfill, calculateIndicators, cleanAndFlagAnomalies, exportTrainingSet, loadTrainingRows } from 'chartctl';
// @ts-expect-error the end is missing
export const a = () => backfill('BTCUSDT', new Date());
// @ts-expect-error there is no such setting
export const b = () => cleanAndFlagAnomalies('BTCUSDT', { repiar: true });
// @ts-expect-error an indicator may be null
export const c = async (): Promise<number[]> => (await loadTrainingRows('BTCUSDT')).map(({ rsi }) => rsi);
// @ts-expect-error a candle has a volume
export const d = () => calculateIndicators([{ openTime: 0, open: 1, high: 1, low: 1, close: 1 }]);
// @ts-expect-error the file is missing
export const e = () => exportTrainingSet('BTCUSDT', { window: 600 });
`;

let compiled: Promise<string> | undefined;

/** The examples compiled against the installed package; created once. */
function prepare(): Promise<string> {
  compiled ??= (async () => {
    const folder = await createConsumer();
    for (const name of EXAMPLES) cpSync(join('tests/examples', name), join(folder, name));
    writeFileSync(join(folder, 'wrong-uses.ts'), WRONG_USES);
    return folder;
  })();
  return compiled;
}

group<string>(
  "a user's program",
  (test) => {
    test(
      'compiles against the installed package, strictly, for Node and for bundlers',
      async (folder) => {
        for (const resolution of ['nodenext', 'bundler'] as const) {
          const { exitCode, stdout } = await compile(folder, resolution);
          assert.is(exitCode, 0, `${resolution}: ${stdout}`);
        }
      },
      { timeoutMs: 180_000 },
    );

    test('calculates indicators without a database and without an exchange', async (folder) => {
      const ended = await runExample(folder, 'own-candles', []);
      const start = Date.parse('2025-06-01T00:00Z');
      const last = generateCandles('BTCUSDT', { from: start + 480 * MINUTE_MS, to: start + 500 * MINUTE_MS });
      const mean = last.reduce((sum, { close }) => sum + close, 0) / 20;
      assert.equal(ended, { exitCode: 0, stdout: `500 13 400\n59.81 ${mean.toFixed(2)}\n`, stderr: '' });
    });

    test('is tested without a network', async (folder) => {
      assert.equal(await runExample(folder, 'offline', []), { exitCode: 0, stdout: 'ok\n', stderr: '' });
    });
  },
  { setup: prepare },
);

for (const backend of databases()) {
  // in order: Binance lacks an hour, and a fallback exchange has it for one of two symbols
  group<World>(
    `the examples on ${backend.name}`,
    (test) => {
      test('a minute loop stores closed minutes, and stops on SIGTERM', async (world) => {
        const ended = await runUntil(world, 'minute-loop', /BTCUSDT.*\n.*ETHUSDT.*\n/);
        assert.is(ended.stderr, '');
        const minute = new Date(NOW - MINUTE_MS).toISOString();
        assert.is(ended.stdout, `BTCUSDT ${minute} wait\nETHUSDT ${minute} wait\nstopped\n`);
        assert.is(ended.exitCode, 0);
      });

      test('after the outage one symbol is complete, and the other one reports when it is ready', async (world) => {
        const { stdout, stderr } = await run(
          world,
          'after-outage',
          new Date(HOLE.from).toISOString(),
          '2025-06-01T12:00Z',
        );
        assert.is(stderr, '');
        const waits = 'missing at Binance: exchange outage, warming up after 2025-06-01T06:00Z..07:00Z (60 min)';
        assert.is(stdout, `BTCUSDT 60 ready\nETHUSDT 0 ready 2025-06-01T23:40:00.000Z: ${waits}\n`);
      });

      test('rows stream into a custom format', async (world) => {
        const range = { from: NOW - 300 * MINUTE_MS, to: NOW };
        const ends = [range.from, range.to].map((time) => new Date(time).toISOString());
        const { stdout, stderr } = await run(world, 'own-format', 'BTCUSDT', ...ends);
        assert.is(stderr, '');
        const rows = await world.rows('BTCUSDT', range);
        assert.is(rows.length, 300);
        const changes = rows.map(({ close }, i) => (i === 0 ? 0 : Math.log(close / rows[i - 1]!.close)));
        const lines = rows.map(
          ({ timestamp, rsi }, i) => `${timestamp}\t${changes[i]!.toExponential(3)}\t${rsi?.toFixed(1)}\n`,
        );
        assert.is(stdout, lines.join(''));
      });

      test('a training runs when it is due, on an existing file, and once', async (world) => {
        const out = join(world.folder, `${backend.name}.csv`);
        const first = await run(world, 'train-when-due', 'BTCUSDT', out);
        assert.equal(first, {
          exitCode: 0,
          stdout: `true replaced 0.90\ntraining on ${out} 600\nleft out 0\n`,
          stderr: '',
        });
        assert.is(readFileSync(out, 'utf8').split('\n').length, 602);
        const second = await run(world, 'train-when-due', 'BTCUSDT', out);
        assert.equal(second, { exitCode: 0, stdout: 'false replaced 0.00\n', stderr: '' });
      });

      test('errors are distinguished by kind and code', async (world) => {
        const unknown = await run(world, 'errors', 'NOSUCHUSDT');
        assert.match(unknown.stdout, /^failed UNKNOWN_SYMBOL Binance does not know .* expected a spot symbol/);
        assert.is(unknown.exitCode, 1);
        const misspelt = await run(world, 'errors', 'BTC USDT');
        assert.match(misspelt.stdout, /^usage undefined symbol "BTC USDT" was not understood expected 1 to 20/);
        assert.is(misspelt.exitCode, 2);
        const nowhere = {
          ...world,
          env: { ...world.env, CHARTCTL_BINANCE_URL: 'http://127.0.0.1:9', CHARTCTL_FALLBACK: '' },
        };
        const passing = await run(nowhere, 'errors', 'ETHUSDT');
        assert.match(passing.stdout, /^again in 60 s: /);
        assert.is(passing.exitCode, 75);
      });
    },
    { setup: () => openWorld(backend), teardown: ({ close }) => close() },
  );
}

group<string>('the consumer', (test) => test('leaves nothing behind', removeConsumer), { setup: prepare });

interface World {
  folder: string;
  env: Record<string, string>;
  rows: (symbol: string, range: { from: number; to: number }) => ReturnType<typeof loadTrainingRows>;
  close: () => Promise<void>;
}

async function openWorld(backend: Backend): Promise<World> {
  const folder = await prepare();
  const range = { from: NOW - 3000 * MINUTE_MS, to: NOW };
  const [btc, eth] = ['BTCUSDT', 'ETHUSDT'].map((symbol) => generateCandles(symbol, range));
  const exchange = await startLoopback({
    binance: memorySource({ BTCUSDT: btc!, ETHUSDT: eth! }),
    fallbacks: { bybit: memorySource({ BTCUSDT: btc! }) },
    nowMs: NOW + 5_000,
  });
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) exchange.hide(symbol, HOLE);
  const database = await backend.createMigrated();
  const { config } = database;
  const place = databaseEnvironment(config);
  return {
    folder,
    env: { ...exchange.environment, ...place, CHARTCTL_SYMBOLS: 'BTCUSDT,ETHUSDT' },
    rows: (symbol, minutes) =>
      loadTrainingRows(symbol, minutes, { config: { database: config, exchange: exchange.config } }),
    close: async () => {
      await exchange.close();
      await database.drop();
    },
  };
}

function run({ folder, env }: World, example: string, ...argv: string[]): Promise<Ended> {
  return runExample(folder, example, argv, env);
}

function runExample(folder: string, example: string, argv: readonly string[], env = {}): Promise<Ended> {
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } };
  return execute(process.execPath, [...FLAGS, join(folder, `${example}.js`), ...argv], options);
}

/** Sends SIGTERM to a program when it has printed what is expected. */
function runUntil({ folder, env }: World, example: string, expected: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, [...FLAGS, join(folder, `${example}.js`)], {
    cwd: folder,
    env: { HOME: folder, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    if (!child.killed && expected.test(output.stdout)) child.kill('SIGTERM');
  });
  return new Promise((done) => child.once('close', (exitCode) => done({ exitCode: exitCode ?? 'signal', ...output })));
}
