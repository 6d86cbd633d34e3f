import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv, stripVTControlCharacters } from 'node:util';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { copyMigratedTemplate } from '../harness/embedded-template.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { diskSkipReason, mountSmallDisk } from '../harness/small-disk.js';
import { fault } from '../loopback/faults.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
/** What a file takes at least on the small disk. */
const PAGE_BYTES = 4096;
const NOWHERE = 'postgres://me@127.0.0.1:1/charts';

interface World {
  exchange: Loopback;
  /** A new folder. */
  place: () => string;
  run: (cwd: string, argv: string[], options?: { env?: Record<string, string>; answers?: string[] }) => Run;
  /** A URL with a password of an empty database; undefined where there is no server. */
  url: string | undefined;
  close: () => Promise<void>;
}

type Run = Promise<ProcessResult>;

const write = (path: string, text: string) => writeFileSync(path, text);
const configOf = (cwd: string) => JSON.parse(readFileSync(join(cwd, 'chartctl.config.json'), 'utf8')) as object;
const modeOf = (path: string) => statSync(path).mode & 0o777;

group<World>(
  'chartctl init',
  (test) => {
    test('by flags it writes the embedded database and the symbols, and the next commands work as printed', async ({
      run,
      place,
    }) => {
      const cwd = place();
      const dataDir = await copyMigratedTemplate();
      const argv = ['init', 'btcusdt', '--database', dataDir, '--schedule', 'none'];
      const { exitCode, stdout, stderr } = await run(cwd, argv);
      assert.equal([exitCode, stderr], [0, '']);
      assert.equal(configOf(cwd), { symbols: ['BTCUSDT'], dataDir });
      assert.equal(parseEnv(readFileSync(join(cwd, '.env'), 'utf8')), {});
      assert.match(stdout, /^ok {4}symbols +Binance trades BTCUSDT$/m);
      const [, next] = stdout.split('next:\n');
      assert.is(next, '  chartctl backfill --days 7\n  chartctl status\n');
      assert.is((await run(cwd, ['backfill', '--hours', '1'])).exitCode, 0);
      assert.match((await run(cwd, ['status'])).stdout, /^BTCUSDT /m);
      rmSync(dataDir, { recursive: true });
    });

    test('an embedded database that does not exist is not created by the check, and a file is refused', async ({
      run,
      place,
    }) => {
      const cwd = place();
      write(join(cwd, 'file'), '');
      const refused = await run(cwd, ['init', 'BTCUSDT', '--database', 'file/data', '--schedule', 'none']);
      assert.is(refused.exitCode, 2, refused.stdout);
      assert.match(refused.stderr, /^error: nothing was written: database: the folder .*\/file" is a file/);
      const made = await run(cwd, ['init', 'BTCUSDT', '--database', 'data', '--schedule', 'none', '--json']);
      assert.is(made.exitCode, 0, made.stderr);
      assert.equal(readdirSync(cwd), ['.env', 'chartctl.config.json', 'file']);
      const { dataDir, configuredSymbols } = JSON.parse(made.stdout) as Record<string, unknown>;
      assert.equal([dataDir, configuredSymbols], ['data', ['BTCUSDT']]);
    });

    test('existing files and links are named, and nothing is written or asked', async ({ run, place }) => {
      const both = place();
      for (const name of ['.env', 'chartctl.config.json']) write(join(both, name), 'SETTING: unreadable');
      const { exitCode, stdout, stderr } = await run(both, ['init'], { answers: ['data'] });
      assert.equal([exitCode, stdout], [2, '']);
      assert.match(
        stderr,
        `error: files exist already: ${join(both, '.env')}, ${join(both, 'chartctl.config.json')}\n`,
      );
      assert.match(stderr, /^hint: {2}init never overwrites: /m);
      assert.is(readFileSync(join(both, '.env'), 'utf8'), 'SETTING: unreadable');

      const linked = place();
      const target = join(linked, 'target');
      symlinkSync(target, join(linked, '.env'));
      const ended = await run(linked, ['init', 'BTCUSDT', '--database', 'data', '--schedule', 'none']);
      assert.is(ended.exitCode, 2);
      assert.match(ended.stderr, `files exist already: ${join(linked, '.env')}\n`);
      assert.equal(readdirSync(linked), ['.env']);
    });

    test('without a terminal all that is missing is named at once', async ({ run, place }) => {
      const cwd = place();
      const { exitCode, stdout, stderr } = await run(cwd, ['init']);
      assert.equal([exitCode, stdout], [2, '']);
      assert.match(stderr, '--database, symbols, --schedule were not given, and there is no terminal to ask at');
      const one = await run(cwd, ['init', 'BTCUSDT', '--schedule', 'kubernetes'], { env: { DATABASE_URL: NOWHERE } });
      assert.match(one.stderr, 'error: --image was not given');
      assert.equal(readdirSync(cwd), []);
    });

    test('what is given wrongly is refused before any check', async ({ run, place }) => {
      const cwd = place();
      const cases: [string[], RegExp][] = [
        [['--database', 'mysql://h/d'], /begins with "mysql:\/\/"/],
        [['--database', 'me:hunter2@h/d'], /the database was not understood/],
        [['--database', 'postgres://me:hunter2@h/d'], /--database holds a password/],
        [['--database', 'postgres://h/d?password=hunter2'], /--database holds a password/],
        [['--database', 'data', '--schedule', 'crontab'], /"crontab" with an embedded database/],
        [['--database', 'data', '--config', 'x.json'], /--config was given/],
        [['--database', NOWHERE, '--schedule', 'cron'], /--schedule was "cron"/],
        [['--database', NOWHERE, '--image', 'x'], /--image is only for --schedule kubernetes/],
      ];
      for (const [given, expected] of cases) {
        const schedule = given.includes('--schedule') ? [] : ['--schedule', 'none'];
        const { exitCode, stderr } = await run(cwd, ['init', 'BTCUSDT', ...given, ...schedule]);
        assert.is(exitCode, 2, stderr);
        assert.match(stderr, expected);
        assert.not.match(stderr, 'hunter2');
      }
      assert.equal(readdirSync(cwd), []);
    });

    test('an unknown symbol is a failure with the nearest ones, and one that is halted a warning', async (world) => {
      const cwd = world.place();
      const flags = ['--database', 'data', '--schedule', 'none'];
      const unknown = await world.run(cwd, ['init', 'BTCUSD', 'ETHUSDT', ...flags, '--json']);
      assert.is(unknown.exitCode, 1);
      const { error, written } = JSON.parse(unknown.stdout) as { error: Record<string, string>; written: string[] };
      assert.is(error.message, 'nothing was written: symbols: Binance does not know the symbol "BTCUSD"');
      assert.equal([error.hint, error.code, written], ['did you mean BTCUSDT?', 'CHECK_FAILED', []]);
      assert.equal(readdirSync(cwd), []);
      world.exchange.setState('ETHUSDT', 'HALT');
      const halted = await world.run(cwd, ['init', 'ETHUSDT', ...flags]);
      world.exchange.reveal();
      assert.is(halted.exitCode, 0, halted.stderr);
      assert.match(halted.stdout, /^warn {2}symbols +ETHUSDT is in the state HALT at Binance$/m);
    });

    test('a database that cannot be reached, or an exchange, is exit 75, and nothing is written', async (world) => {
      const cwd = world.place();
      const argv = ['init', 'BTCUSDT', '--schedule', 'none'];
      const env = { DATABASE_URL: NOWHERE.replace('@', ':hunter2@') };
      const database = await world.run(cwd, argv, { env });
      assert.is(database.exitCode, 75);
      assert.match(database.stderr, /^error: nothing was written: database: .*refused the connection/);
      assert.match(database.stdout, /^ok {4}symbols/m);
      assert.not.match(database.stdout + database.stderr, 'hunter2');
      world.exchange.faults.always(fault.tooMany(600), { exchange: 'binance' });
      const both = await world.run(cwd, argv, { env });
      world.exchange.faults.clear();
      assert.is(both.exitCode, 75);
      assert.match(both.stderr, 'nothing was written: these checks failed: database, symbols');
      assert.equal(readdirSync(cwd), []);
    });

    test('a folder that cannot be written to is a failure, and no file is left', async ({ run, place }) => {
      if (process.getuid?.() === 0) return; // root may write everywhere
      const cwd = place();
      chmodSync(cwd, 0o500);
      const { exitCode, stderr } = await run(cwd, ['init', 'BTCUSDT', '--database', tmpdir(), '--schedule', 'none']);
      chmodSync(cwd, 0o700);
      assert.is(exitCode, 1);
      assert.match(stderr, 'EACCES');
      assert.equal(readdirSync(cwd), []);
    });

    test('wrong answers are asked for again, and each is checked at once', async ({ run, place }) => {
      const cwd = place();
      const answers = [
        'mysql://h/d',
        NOWHERE,
        'hunter2',
        'data',
        '',
        'BTC USD!',
        'BTCUSD',
        'BTCUSDT, ethusdt',
        'cron',
        '',
      ];
      const { exitCode, stdout, stderr } = await run(cwd, ['init'], { answers });
      assert.is(exitCode, 0, stderr);
      const told = [
        /error: DATABASE_URL begins with "mysql:\/\/"/,
        /password of me \(not shown; empty for none\): /,
        /fail {2}database .*refused the connection/,
        /ok {4}database +the first job creates it in/,
        /error: no symbol was named/,
        /error: symbol "USD!" was not understood/,
        /fail {2}symbols +Binance does not know the symbol "BTCUSD"\s+do: did you mean BTCUSDT\?/,
        /ok {4}symbols +Binance trades BTCUSDT ETHUSDT/,
        /error: the schedule was "cron"/,
      ];
      for (const expected of told) assert.match(stderr, expected);
      assert.not.match(stderr + stdout, 'hunter2');
      assert.match(stdout, /^written: .*\.env\nwritten: .*\nnext:\n/);
      assert.equal(configOf(cwd), { symbols: ['BTCUSDT', 'ETHUSDT'], dataDir: 'data' });
    });

    test('an input that ends early writes nothing: the exit code of the failed check, else 2', async (world) => {
      const cwd = world.place();
      assert.is((await world.run(cwd, ['init'], { answers: [NOWHERE, ''] })).exitCode, 75);
      const ended = await world.run(cwd, ['init'], { answers: ['data', 'BTCUSDT'] });
      assert.is(ended.exitCode, 2);
      assert.match(ended.stderr, 'nothing was written: the input ended before every question was answered');
      assert.equal(readdirSync(cwd), []);
    });

    test('the image of a schedule for Kubernetes is asked for, again when it is empty or refused', async ({
      run,
      place,
      url,
    }) => {
      if (url === undefined) return;
      const cwd = place();
      const { password, url: shown } = partsOf(url);
      const answers = [shown, password, 'BTCUSDT', 'Kubernetes', '', 'registry.example.com/chartctl:0.2.0'];
      const { exitCode, stdout, stderr } = await run(cwd, ['init'], { answers });
      assert.is(exitCode, 0, stderr);
      assert.is((stderr.match(/container image, such as /g) ?? []).length, 2, stderr);
      assert.match(stderr, /error: no image was named\s+hint: {2}chartctl schedule kubernetes --containerfile/);
      assert.match(stderr, 'chartctl schedule kubernetes makes ');
      assert.match(stdout, 'schedule kubernetes --image registry.example.com/chartctl:0.2.0 --out schedule\n');
      const ended = await run(place(), ['init', '--image', 'x/y:1'], {
        answers: [shown, password, 'BTCUSDT', 'kubernetes'],
      });
      assert.is(ended.exitCode, 0, ended.stderr);
      assert.not.match(ended.stderr, 'container image, such as');
    });

    const full = 'when the second file cannot be written, the first one is removed';
    const reason = diskSkipReason();
    if (reason !== undefined) test.skip(full, reason);
    else {
      test(full, async ({ run }) => {
        const disk = mountSmallDisk(1);
        try {
          disk.fill(PAGE_BYTES); // room for .env
          const argv = ['init', 'BTCUSDT', '--database', 'data', '--schedule', 'none'];
          const { exitCode, stdout, stderr } = await run(disk.path, argv);
          assert.equal([exitCode, disk.listFiles()], [1, []], stderr);
          assert.match(stderr, `cannot write into "${disk.path}": ENOSPC`);
          assert.not.match(stdout, 'written: ');
          disk.freeSpace();
          assert.is((await run(disk.path, argv)).exitCode, 0);
          assert.equal(disk.listFiles().toSorted(), ['.env', 'chartctl.config.json']);
        } finally {
          disk.unmount();
        }
      });
    }

    test('on PostgreSQL: the password is in .env alone, and migrate, config and schedule read what was written', async ({
      run,
      place,
      url,
    }) => {
      if (url === undefined) return;
      const { password, ...parts } = partsOf(url);
      const above = place();
      write(join(above, 'chartctl.config.json'), '{ "window": 700 }');
      const cwd = join(above, 'inner');
      mkdirSync(cwd);
      const env = { CHARTCTL_SYMBOLS: 'ETHUSDT' };
      const { exitCode, stdout, stderr } = await run(cwd, ['init', 'BTCUSDT', '--database', parts.url], {
        env,
        answers: [password, 'crontab'],
      });
      assert.is(exitCode, 0, stderr);
      assert.match(stderr, /warn {2}schema +lacks \d+ migrations/);
      assert.match(stderr, /ok {4}schedule +chartctl schedule crontab makes 1 file/);
      assert.match(stderr, `chartctl.config.json" does not apply in this folder any more`);
      assert.match(stderr, 'note: CHARTCTL_SYMBOLS of the environment overrides the new files');
      const steps = stdout.split('next:\n')[1]!.trimEnd().split('\n');
      assert.equal(
        steps.map((step) => step.trim()),
        [
          'unset CHARTCTL_SYMBOLS',
          'chartctl migrate --dry-run && chartctl migrate',
          'chartctl backfill --days 7',
          'chartctl schedule crontab --out schedule',
          'chartctl status',
        ],
      );
      assert.equal([modeOf(join(cwd, '.env')), configOf(cwd)], [0o600, { symbols: ['BTCUSDT'] }]);
      assert.is(parseEnv(readFileSync(join(cwd, '.env'), 'utf8')).DATABASE_URL, url);
      assert.not.match(stdout + stderr + JSON.stringify(configOf(cwd)), password);

      assert.is((await run(cwd, ['migrate'])).exitCode, 0);
      const { settings } = JSON.parse((await run(cwd, ['config', '--json'])).stdout) as { settings: Shown[] };
      const shown = (name: string) => settings.find(({ setting }) => setting === name)!;
      assert.equal(shown('database').origin, { kind: '.env', name: 'DATABASE_URL' });
      assert.equal([shown('symbols').value, shown('window').value], [['BTCUSDT'], 600]);
      const schedule = await run(cwd, ['schedule', 'crontab', '--out', 'schedule']);
      assert.is(schedule.exitCode, 0, schedule.stderr);
      assert.match(readFileSync(join(cwd, 'schedule', 'chartctl'), 'utf8'), `--env-file=${join(cwd, '.env')}`);

      const again = place();
      const flags = ['init', 'BTCUSDT', '--schedule', 'systemd'];
      const ready = await run(again, flags, { env: { DATABASE_URL: url } });
      assert.is(ready.exitCode, 0, ready.stderr);
      assert.not.match(ready.stdout, 'chartctl migrate');
      const wrong = await run(place(), flags, { env: { DATABASE_URL: url.replace(/\/[^/?]*$/, '/absent') } });
      assert.is(wrong.exitCode, 2, wrong.stderr);
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;
const CTRL_C = String.fromCharCode(3);

group<World>(
  'chartctl init on a pseudo-terminal',
  (test) => {
    const titles = ['a password is not shown, other answers are', 'Ctrl-C at the password writes nothing'] as const;
    if (!HAS_SCRIPT) {
      for (const title of titles) test.skip(title, 'no `script` here (Debian: bsdutils)');
      return;
    }

    test(titles[0], async ({ place, exchange }) => {
      const cwd = place();
      const { exitCode, screen } = await typeAnswers(cwd, exchange.environment, [
        ['database: ', `${NOWHERE}\r`],
        ['password of me (not shown; empty for none): ', 'hunter2\r'],
        ['database: ', 'data\r'],
        ['ETHUSDT: ', 'BTCUSDT\r'],
        ['[none]: ', '\r'],
      ]);
      assert.is(exitCode, 0, screen);
      assert.not.match(screen, 'hunter2');
      assert.not.match(screen, '*');
      assert.match(screen, `database: ${NOWHERE}\n`);
      assert.match(screen, /^password of me \(not shown; empty for none\): \nfail {2}database .*\n/m);
      assert.match(screen, /ETHUSDT: BTCUSDT\nok {4}symbols/);
      assert.match(screen, /[^-]icanon[^]*[^-]echo /);
      assert.equal(configOf(cwd), { symbols: ['BTCUSDT'], dataDir: 'data' });
    });

    test(titles[1], async ({ place, exchange }) => {
      const cwd = place();
      const { exitCode, screen } = await typeAnswers(cwd, exchange.environment, [
        ['database: ', `${NOWHERE}\r`],
        ['password of me (not shown; empty for none): ', `hunter2${CTRL_C}`],
      ]);
      assert.is(exitCode, 130, screen);
      assert.match(screen, 'interrupted');
      assert.not.match(screen, 'hunter2');
      assert.match(screen, /[^-]icanon[^]*[^-]echo /);
      assert.equal(readdirSync(cwd), []);
    });
  },
  { setup: openWorld, teardown: (world) => world.close() },
);

/**
 * Runs the built `chartctl init` on a pseudo-terminal and types each answer when its question is shown; then `stty` shows
 * how the terminal was left.
 */
async function typeAnswers(
  cwd: string,
  environment: Readonly<Record<string, string>>,
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<{ exitCode: number | null; screen: string }> {
  const line = `'${process.execPath}' '${resolve('dist/bin/chartctl.js')}' init; code=$?; stty -a; exit $code`;
  const child = spawn('script', ['-qec', `stty cols 120; ${line}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let seen = 0;
  const remaining = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const [next] = remaining;
    const at = next ? output.indexOf(next[0], seen) : -1;
    if (!next || at < 0) return;
    seen = at + next[0].length;
    remaining.shift();
    child.stdin.write(next[1]);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  // what moves the cursor, and carriage returns, are no text
  return { exitCode, screen: stripVTControlCharacters(output).replaceAll('\r', '') };
}

interface Shown {
  setting: string;
  value: unknown;
  origin: object;
}

/** A URL without its password, and the password. */
function partsOf(text: string): { url: string; password: string } {
  const url = new URL(text);
  const { password } = url;
  url.password = '';
  return { url: url.href, password };
}

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-init-'));
  const range = { from: NOW - 600 * MINUTE_MS, to: NOW + MINUTE_MS };
  const candles = ['BTCUSDT', 'ETHUSDT', 'XRPBTC'].map((name) => [name, generateCandles(name, range)] as const);
  const exchange = await startLoopback({ binance: memorySource(Object.fromEntries(candles)), nowMs: NOW + 5_000 });
  const database = await databases()
    .find(({ name }) => name === 'PostgreSQL')
    ?.create();
  return {
    exchange,
    place: () => mkdtempSync(join(folder, 'place-')),
    url: database?.config.kind === 'postgres' ? database.config.url : undefined,
    run: async (cwd, argv, { env, answers } = {}) => {
      const settings = { ...exchange.environment, CHARTCTL_DATA_DIR: '', NO_COLOR: '1', ...env };
      const ended = await runInProcess(argv, { cwd, env: settings, answers });
      return { ...ended, stderr: ended.stderr.replaceAll(/\n {2,}(?!do:)/g, ' ') }; // as it was before it was folded
    },
    close: async () => {
      await exchange.close();
      await database?.drop();
      rmSync(folder, { recursive: true });
    },
  };
}
