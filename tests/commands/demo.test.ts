import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { embeddedTemplate } from '../harness/embedded-template.js';
import { group } from '../harness/group.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { runInProcess } from './run-in-process.js';

/** Addresses at which nothing listens; the demo must not connect to this database. */
const NOWHERE = { CHARTCTL_BINANCE_URL: 'http://127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/platform' };

/** What the first run printed. */
let printed = '';

group(
  'chartctl demo',
  (test) => {
    test('without Binance it reports that, and uses generated candles in a folder of their own', async (cwd) => {
      await prepare(cwd, 'generated');
      const first = await runInProcess(['demo'], { cwd, env: NOWHERE });
      assert.is(first.exitCode, 0, first.stderr);
      assert.match(first.stderr, 'Binance cannot be reached from here (http://127.0.0.1:1)');
      assert.match(first.stderr, 'generated candles');
      assert.match(first.stdout, /^candles: generated\nrange: .* \(720 min\)$/m);
      for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
        assert.match(first.stdout, new RegExp(`^${symbol} +1,120 +1,120 .* yes$`, 'm'));
      }
      assert.match(first.stdout, 'These are generated candles, not real prices.');
      assert.equal(readdirSync(cwd), ['.chartctl-demo']);
      printed = first.stdout;
    });

    test('it ends ready, and the commands that it suggests work as they are printed, without Binance', async (cwd) => {
      const document = await runInProcess(['demo', '--json'], { cwd, env: NOWHERE });
      const { symbols } = JSON.parse(document.stdout) as { symbols: { isReady: boolean }[] };
      assert.equal(
        symbols.map(({ isReady }) => isReady),
        [true, true],
      );
      const commands = [...printed.matchAll(/^ {2}(DATABASE_URL= CHARTCTL_DATA_DIR=\S+) npx chartctl (.*)$/gm)];
      assert.equal(
        commands.map(([, , line]) => line!.split(' ')[0]),
        ['status', 'export-training-set', 'report'],
      );
      for (const [, settings, line] of commands) {
        const own = Object.fromEntries(settings!.split(' ').map((setting) => setting.split('=') as [string, string]));
        const ended = await runInProcess(line!.split(' '), { cwd, env: { ...NOWHERE, ...own } });
        assert.is(ended.exitCode, 0, `${line}: ${ended.stderr}`);
      }
      const rows = readFileSync(join(cwd, '.chartctl-demo', 'train.csv'), 'utf8')
        .trimEnd()
        .split('\n');
      assert.is(rows.length, 1 + 2 * 600);
      assert.match(printed, /\nOn your own PostgreSQL:\n( {2}.*\n){3}$/);
    });

    test('a second run finds nothing to do, and --json names the candles', async (cwd) => {
      const again = await runInProcess(['demo', '--json'], { cwd, env: NOWHERE });
      assert.is(again.exitCode, 0, again.stderr);
      const document = JSON.parse(again.stdout) as { candleSource: string; symbols: { valid: number }[] };
      assert.is(document.candleSource, 'generated');
      assert.equal(
        document.symbols.map(({ valid }) => valid),
        [720, 720],
      );
    });

    test('with a reachable exchange its candles go to another folder, and generated ones are not mentioned', async (cwd) => {
      await prepare(cwd, 'binance');
      const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT', 'ETHUSDT']), nowMs: Date.now() });
      try {
        const ended = await runInProcess(['demo'], { cwd, env: exchange.environment });
        assert.is(ended.exitCode, 0, ended.stderr);
        assert.match(ended.stdout, /^candles: Binance$/m);
        assert.not.match(ended.stdout + ended.stderr, 'generated');
        assert.ok(existsSync(join(cwd, '.chartctl-demo', 'binance')));
      } finally {
        await exchange.close();
      }
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-demo-')),
    teardown: (cwd) => rmSync(cwd, { recursive: true }),
  },
);

/** Copies an empty embedded database to the folder of the demo: creating one takes seconds. */
async function prepare(cwd: string, kind: string): Promise<void> {
  cpSync(await embeddedTemplate(), join(cwd, '.chartctl-demo', kind), { recursive: true });
}
