import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatConfigSchema } from '../../src/config/config-schema.js';
import { SETTINGS } from '../../src/config/settings.js';
import { configOfProcess } from '../../src/jobs/api/open-context.js';
import { copyEmbeddedTemplate } from '../harness/embedded-template.js';
import { group } from '../harness/group.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { runInProcess } from './run-in-process.js';

const NAME = 'chartctl.config.json';
/** A server that does not exist: `config` must not connect to it. */
const DATABASE_URL = 'postgres://chartctl:geheim@127.0.0.1:1/platform?sslpassword=geheim';

interface Shown {
  ok: boolean;
  exitCode: number;
  configFile: string | null;
  database: { kind: string };
  settings: { setting: string; value: unknown; origin: { kind: string; name?: string } }[];
  error?: { message: string };
}

let count = 0;

/** A new folder with these files. */
function folderWith(root: string, files: Record<string, object | string>): string {
  count += 1;
  const folder = join(root, String(count));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

async function show(cwd: string, argv: string[] = [], env: Record<string, string> = {}): Promise<Shown> {
  const { stdout, exitCode } = await runInProcess(['config', ...argv, '--json'], { cwd, env });
  const shown = JSON.parse(stdout) as Shown;
  assert.is(shown.exitCode, exitCode);
  assert.not.match(stdout, 'geheim');
  return shown;
}

const lineOf = ({ settings }: Shown, key: string) => settings.find(({ setting }) => setting === key);

group(
  'chartctl config',
  (test) => {
    test('shows each setting with its value and source', async (root) => {
      const cwd = folderWith(root, {
        [NAME]: { sigma: 4, threshold: 0.1, metricsFile: 'metrics/chartctl.prom', symbols: ['btcusdt'] },
        '.env': 'CHARTCTL_THRESHOLD=0.2\nCHARTCTL_WINDOW=700\n',
      });
      const shown = await show(cwd, ['--max-wait', '5'], { CHARTCTL_WINDOW: '800' });
      const file = join(cwd, NAME);
      assert.is(shown.configFile, file);
      const of = (key: string) => {
        const { value, origin } = lineOf(shown, key)!;
        return [value, origin.kind, origin.name];
      };
      assert.equal(of('maxWait'), [5, 'flag', '--max-wait']);
      assert.equal(of('window'), [800, 'environment', 'CHARTCTL_WINDOW']);
      assert.equal(of('threshold'), [0.2, '.env', 'CHARTCTL_THRESHOLD']);
      assert.equal(of('sigma'), [4, 'file', file]);
      assert.equal(of('metricsFile'), [join(cwd, 'metrics/chartctl.prom'), 'file', file]);
      assert.equal(of('symbols'), [['BTCUSDT'], 'file', file]);
      assert.equal(of('lockWait'), [10, 'default', undefined]);
      assert.equal(of('dataDir'), [`${cwd}/data`, 'environment', 'CHARTCTL_DATA_DIR']);
      const keys = shown.settings.map(({ setting }) => setting);
      assert.equal(keys, ['database', ...SETTINGS.map(({ key }): string => key), 'webhook secret']);
      assert.equal(lineOf(await show(cwd, ['ethusdt']), 'symbols')!.value, ['ETHUSDT']);
    });

    test('prints them as a table, with every source in words', async (root) => {
      const cwd = folderWith(root, { [NAME]: { sigma: 4, hooks: { exec: ['train', '--note', 'new data'] } } });
      const { stdout, exitCode } = await runInProcess(['config', '--window', '700'], {
        cwd,
        env: { CHARTCTL_SIGMA: '5' },
      });
      assert.is(exitCode, 0);
      assert.ok(
        stdout.startsWith(`configuration file: ${join(cwd, NAME)}\ndatabase: the embedded one\n\nsetting `),
        stdout,
      );
      const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
      for (const line of [
        'database | default | embedded',
        'window | flag --window | 700',
        'sigma | environment CHARTCTL_SIGMA | 5',
        'threshold | default | 0.05',
        `hooks.exec | file ${join(cwd, NAME)} | train --note 'new data'`,
        'hooks.webhook | default | -',
      ]) {
        assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join('\n')}`);
      }
    });

    test('shows no secret, and needs neither the database nor the exchange', async (root) => {
      const hooks = { exec: ['train', '--token', 'geheim'], webhook: 'https://hooks.example/services/geheim' };
      const cwd = folderWith(root, { [NAME]: { hooks, pingUrl: 'https://hc-ping.com/geheim' } });
      const env = {
        DATABASE_URL,
        CHARTCTL_WEBHOOK_SECRET: 'geheim-geheim-geheim',
        CHARTCTL_BINANCE_URL: 'http://me:geheim@127.0.0.1:1',
      };
      const shown = await show(cwd, [], env);
      assert.is(shown.database.kind, 'postgres');
      assert.equal(lineOf(shown, 'database'), {
        setting: 'database',
        value: 'postgres://chartctl:***@127.0.0.1:1/platform?sslpassword=***',
        origin: { kind: 'environment', name: 'DATABASE_URL' },
      });
      assert.equal(lineOf(shown, 'pingUrl')!.value, 'https://hc-ping.com/***');
      assert.equal(lineOf(shown, 'hooks.webhook')!.value, 'https://hooks.example/***');
      assert.equal(lineOf(shown, 'hooks.exec')!.value, ['train', '--token', '***']);
      assert.equal(lineOf(shown, 'webhook secret')!.value, '***');
      assert.not.match((await runInProcess(['config'], { cwd, env })).stdout, 'geheim');
    });

    test('prints the published schema, also when the configuration is invalid', async (root) => {
      const cwd = folderWith(root, { [NAME]: '[' });
      const { stdout, exitCode } = await runInProcess(['config', '--schema'], { cwd });
      assert.is(exitCode, 0);
      assert.is(stdout, formatConfigSchema());
    });

    test('refuses an invalid configuration with all its problems, and changes nothing', async (root) => {
      const text =
        '{ "sigma": "x",\n"symbls": [],\n"databaseUrl": "postgres://me:geheim@db/x",\n"rules": { "with": ["flat_price"], "without": ["flat_price"] } }';
      const cwd = folderWith(root, { [NAME]: text });
      for (const argv of [['config'], ['ingest', 'BTCUSDT'], ['jobs'], ['demo']]) {
        const { exitCode, stderr, stdout } = await runInProcess(argv, { cwd, env: { CHARTCTL_WINDOW: '0' } });
        assert.is(exitCode, 2, stderr);
        assert.is(stdout, '');
        for (const problem of [
          /line 1: sigma was "x"/,
          /line 2: there is no setting "symbls"/,
          /line 3: "databaseUrl" does not belong/,
          /CHARTCTL_WINDOW was "0"/,
        ]) {
          assert.match(stderr, problem);
        }
        assert.not.match(stderr, 'geheim');
        assert.equal(readdirSync(cwd), [NAME]);
      }
      const contradiction = folderWith(root, { [NAME]: { rules: { with: ['flat_price'], without: ['flat_price'] } } });
      const { exitCode, error } = await show(contradiction);
      assert.is(exitCode, 2);
      assert.match(error!.message, /rules.with in ".*" and rules.without in ".*" both name flat_price/);
    });

    test('reports a problem of a flag as any command does', async (root) => {
      const { exitCode, error } = await show(folderWith(root, {}), ['--window', '1.5']);
      assert.is(exitCode, 2);
      assert.is(error!.message, '--window was "1.5"');
      assert.is((await show(folderWith(root, {}), ['BTC/USDT'])).exitCode, 2);
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-config-')),
    teardown: (root) => rmSync(root, { recursive: true }),
  },
);

/** A folder for files, a database, and an exchange that only has a clock. */
interface World {
  root: string;
  dataDir: string;
  exchange: Loopback;
}

/** An exchange without a symbol, whose clock is the local one. */
async function startClock(): Promise<Loopback> {
  const exchange = await startLoopback({ binance: memorySource({}), nowMs: Date.now() });
  exchange.clock.run();
  return exchange;
}

group<World>(
  'commands under a configuration file',
  (test) => {
    const ask = async (
      { cwd, dataDir, exchange }: World & { cwd: string },
      argv: string[],
      env: Record<string, string> = {},
    ) => {
      const ended = await runInProcess([...argv, '--json'], {
        cwd,
        env: { ...exchange.environment, CHARTCTL_DATA_DIR: dataDir, ...env },
      });
      return { ...ended, document: JSON.parse(ended.stdout) as { symbols: { symbol: string; threshold?: number }[] } };
    };

    test('take symbols and numbers from it, unless the environment or a flag has them', async (world) => {
      const cwd = folderWith(world.root, { [NAME]: { symbols: ['BTCUSDT', 'ETHUSDT'], threshold: 0.5 } });
      const check = async (argv: string[] = [], env: Record<string, string> = {}) => {
        const { document, stderr } = await ask({ ...world, cwd }, ['check-retrain', ...argv], env);
        assert.is(stderr, '');
        return document.symbols.map(({ symbol, threshold }) => [symbol, threshold]);
      };
      assert.equal(await check(), [
        ['BTCUSDT', 0.5],
        ['ETHUSDT', 0.5],
      ]);
      assert.equal(await check([], { CHARTCTL_THRESHOLD: '0.25', CHARTCTL_SYMBOLS: 'SOLUSDT' }), [['SOLUSDT', 0.25]]);
      assert.equal(await check(['BTCUSDT', '--threshold', '0.1'], { CHARTCTL_THRESHOLD: '0.25' }), [['BTCUSDT', 0.1]]);
    });

    test('a range that was given wins over a configured window', async (world) => {
      const cwd = folderWith(world.root, { [NAME]: { window: 100, symbols: ['BTCUSDT'] } });
      const argv = ['export-training-set', '--out', 'rows.csv', '--from', '2025-06-01', '--to', '2025-06-02'];
      const { exitCode, stderr } = await ask({ ...world, cwd }, argv);
      assert.is(exitCode, 1);
      assert.match(stderr, 'has no valid row: 2025-06-01T00:00Z..2025-06-02T00:00Z (1440 min)');
    });

    test('--mark-trained runs no configured hook', async (world) => {
      const hooks = { exec: [process.execPath, '-e', 'require("fs").writeFileSync("ran","")'] };
      const cwd = folderWith(world.root, { [NAME]: { hooks, symbols: ['BTCUSDT'] } });
      const { exitCode, stderr } = await ask({ ...world, cwd }, ['check-retrain', '--mark-trained']);
      assert.is(exitCode, 0, stderr);
      assert.not.ok(readdirSync(cwd).includes('ran'));
    });
  },
  {
    setup: async () => ({
      root: mkdtempSync(join(tmpdir(), 'chartctl-config-')),
      dataDir: await copyEmbeddedTemplate(),
      exchange: await startClock(),
    }),
    teardown: async ({ root, dataDir, exchange }) => {
      await exchange.close();
      rmSync(root, { recursive: true });
      rmSync(dataDir, { recursive: true });
    },
  },
);

group('a program that imports the package', (test) => {
  test('is configured by the same file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-config-'));
    const text = {
      dataDir: 'data',
      symbols: ['btcusdt'],
      fallback: ['okx'],
      fallbackUrls: { okx: 'http://127.0.0.1:1/' },
    };
    writeFileSync(join(folder, 'it.json'), JSON.stringify(text));
    const before = { ...process.env };
    try {
      for (const name of Object.keys(process.env)) if (/^(CHARTCTL_|DATABASE_URL)/.test(name)) delete process.env[name];
      process.env.CHARTCTL_CONFIG = join(folder, 'it.json');
      const config = await configOfProcess();
      assert.equal(config.database, { kind: 'embedded', dataDir: join(folder, 'data') });
      assert.equal(config.exchange.fallbacks, [{ name: 'okx', url: 'http://127.0.0.1:1' }]);
      assert.equal(config.symbols, ['BTCUSDT']);
    } finally {
      process.env = before;
      rmSync(folder, { recursive: true });
    }
  });
});
