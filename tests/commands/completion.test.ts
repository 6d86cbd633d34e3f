import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { formatBashCompletion } from '../../src/commands/framework/manual/bash-completion.js';
import { formatFishCompletion } from '../../src/commands/framework/manual/fish-completion.js';
import type { CommandManual, Manual } from '../../src/commands/framework/manual/manual.js';
import { readManual } from '../../src/commands/framework/manual/read-manual.js';
import { formatZshCompletion } from '../../src/commands/framework/manual/zsh-completion.js';
import { declareProgram } from '../../src/commands/commands.js';
import { type ProcessResult, startChartctl } from '../harness/chartctl-process.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { completeIn, hasShell, type ShellName } from '../harness/shell-completion.js';
import { shellGroup } from '../harness/shell-world.js';
import { runInProcess } from './run-in-process.js';

const SHELLS: Record<ShellName, (manual: Manual) => string> = {
  bash: formatBashCompletion,
  zsh: formatZshCompletion,
  fish: formatFishCompletion,
};
const MANUAL = readManual(declareProgram());
const COMMANDS = [...MANUAL.commands, MANUAL.help].map(({ name }) => name).sort();
const flagsOf = (name: string, begin: string) =>
  MANUAL.commands
    .find((command) => command.name === name)!
    .options.flatMap(({ names }) => names)
    .filter((flag) => flag.startsWith(begin))
    .sort();

/** A folder with some files, and the real program on the path. */
function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-completion-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'results'));
  symlinkSync(resolve('dist/bin/chartctl.js'), join(folder, 'bin', 'chartctl'));
  writeFileSync(join(folder, 'symbols one.txt'), 'BTCUSDT\n');
  return folder;
}

/** Lines with their completions. */
const CASES: [line: string, offered: readonly string[]][] = [
  ['chartctl ', COMMANDS],
  ['chartctl mig', ['migrate']],
  ['chartctl help verif', ['verify']],
  ['chartctl backfill --', flagsOf('backfill', '--')],
  ['chartctl backfill --h', flagsOf('backfill', '--h')],
  ['chartctl migrate --a', ['--adopt-quoted', '--adopt-spelling']],
  ['chartctl export-training-set --format ', ['csv', 'jsonl', 'parquet']],
  ['chartctl export-training-set --format=p', ['parquet']],
  ['chartctl backfill --if-locked s', ['skip']],
  ['chartctl completion ', ['bash', 'fish', 'zsh']],
  ['chartctl clean --accept a', ['all-open']],
  ['chartctl clean --accept all-open --acc', ['--accept']],
  ['chartctl backfill --hours ', []],
  ['chartctl export-training-set --out sym', ['symbols one.txt']],
  ['chartctl clean BTCUSDT --symbols-file=sym', ['symbols one.txt']],
  ['chartctl backfill BTC', ['BTCEUR', 'BTCUSDT']],
  ['chartctl backfill BTCUSDT --hours 3 eth', ['ETHUSDT']],
  ['chartctl jobs --limit 3 BTCU', ['BTCUSDT']],
  ['chartctl migrate BTC', []],
  ['chartctl nonsense ', []],
];

for (const shell of Object.keys(SHELLS) as ShellName[]) {
  group<string>(
    `completion in ${shell}`,
    (test) => {
      if (!hasShell(shell)) {
        test.skip('commands, flags, values, files and symbols', `no ${shell} here (apt install ${shell})`);
        return;
      }
      const ask = (folder: string, script: string, lines: readonly string[]) =>
        completeIn(shell, script, lines, {
          cwd: folder,
          environment: {
            PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
            CHARTCTL_SYMBOLS: 'BTCUSDT,BTCEUR,ETHUSDT',
            CHARTCTL_DATA_DIR: join(folder, 'data'),
          },
        });

      test('offers what is valid at the cursor: commands, flags, values, files, symbols', async (folder) => {
        const { stdout, stderr, exitCode } = await runInProcess(['completion', shell], { cwd: folder });
        assert.is(exitCode, 0, stderr);
        const lines = CASES.map(([line]) => line);
        const answers = await ask(folder, stdout, lines);
        assert.equal(
          answers.map((offered, i) => [lines[i], offered]),
          CASES.map(([line, offered]) => [line, [...offered].sort()]),
        );
      });

      test('a description, choice or flag with special characters stays text', async (folder) => {
        const trap = (name: string) => `$(touch ${name}) \`touch ${name}\` ; 'it''s "[x]: {a,b} (y) \\ % * ~ | > &`;
        const script = SHELLS[shell](oddManual(trap));
        const lines = ['chartctl odd --w', 'chartctl odd --word sa', 'chartctl o', 'chartctl odd --word '];
        const [flags, safe, commands, all] = await ask(folder, script, lines);
        assert.equal([flags, safe, commands], [['--word'], ['safe'], ['odd']]);
        assert.ok(all!.length >= 2, all!.join());
        for (const name of ['in-word', 'in-text']) {
          assert.throws(() => readFileSync(join(folder, name)), /ENOENT/, `${name} was executed`);
        }
      });

      test('prints nothing when the program itself is broken', async (folder) => {
        const broken = join(folder, 'broken');
        mkdirSync(broken);
        writeFileSync(join(broken, 'chartctl'), '#!/bin/sh\necho no >&2\nexit 1\n');
        chmodSync(join(broken, 'chartctl'), 0o755);
        const environment = { PATH: `${broken}:${process.env.PATH}` };
        const offered = await completeIn(shell, SHELLS[shell](MANUAL), ['chartctl backfill B'], {
          cwd: folder,
          environment,
        });
        assert.equal(offered, [[]]);
      });
    },
    { setup: prepare, teardown: (folder) => rmSync(folder, { recursive: true }) },
  );
}

/** A program of one command whose words are shell code. */
function oddManual(trap: (name: string) => string): Manual {
  const word: CommandManual['options'][number] = {
    flags: '--word <word>',
    names: ['--word'],
    description: `${trap('in-text')}\nof two lines`,
    values: { kind: 'words', words: ['safe', trap('in-word')] },
    isRepeated: false,
    isShared: false,
  };
  const odd = { ...MANUAL.commands[0]!, name: 'odd', description: trap('in-text'), arguments: [], options: [word] };
  return { ...MANUAL, commands: [odd] };
}

shellGroup('the symbols of completion', (test) => {
  test('are those of the database and of the configuration with the prefix, also in lower case', async (world) => {
    await world.run('migrate');
    await world.run('backfill', 'BTCUSDT', 'ETHUSDT', '--minutes', '2');
    assert.is((await world.run('complete-symbols')).stdout, 'BTCUSDT\nETHUSDT\n');
    assert.is((await world.run('complete-symbols', 'eth')).stdout, 'ETHUSDT\n');
    assert.is((await world.run('complete-symbols', '--', '-x')).stdout, '');
    writeFileSync(join(world.folder, '.env'), 'CHARTCTL_SYMBOLS=ETHBTC,BTCUSDT\n');
    assert.is((await world.run('complete-symbols', 'E')).stdout, 'ETHBTC\nETHUSDT\n');
  });
});

group<string>(
  'complete-symbols',
  (test) => {
    const ask = async (folder: string, environment: Record<string, string>) => {
      const began = Date.now();
      const end = await startChartctl(['complete-symbols', ''], {
        cwd: folder,
        environment: { HOME: folder, CHARTCTL_SYMBOLS: 'BTCUSDT', ...environment },
      }).ended;
      return { ...end, ms: Date.now() - began };
    };
    /** The limit of a run that gives up after a second: twice the time of one that waits for nothing, and two seconds. */
    const limitOf = async (folder: string) => 2 * (await ask(folder, { DATABASE_URL: 'mysql://x' })).ms + 2_000;
    const quiet = { exitCode: 0, signal: null, stdout: 'BTCUSDT\n', stderr: '' };

    test('prints nothing when no database can be reached, and creates none', async (folder) => {
      const limit = await limitOf(folder);
      for (const DATABASE_URL of ['', 'postgres://a:secret@127.0.0.1:1/x', 'postgres://a@nowhere.invalid/x']) {
        const { ms, ...end } = await ask(folder, { DATABASE_URL, CHARTCTL_DATA_DIR: join(folder, 'data') });
        assert.equal(end, quiet);
        assert.ok(ms < limit, `${ms} ms, limit ${limit} ms`);
      }
      assert.throws(() => readFileSync(join(folder, 'data')), /ENOENT/);
    });

    test('does not wait for a server that accepts the connection and is silent', async (folder) => {
      const limit = await limitOf(folder);
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const { ms, ...end } = await ask(folder, { DATABASE_URL: `postgres://a@127.0.0.1:${port}/x` });
      server.close();
      assert.equal(end, quiet);
      assert.ok(ms < limit, `${ms} ms, limit ${limit} ms`);
    });

    test('prints nothing for an invalid configuration', async (folder) => {
      const { stdout, stderr, exitCode } = await ask(folder, {
        DATABASE_URL: 'mysql://x',
        CHARTCTL_SYMBOLS: 'BTC/USD',
      });
      assert.equal({ stdout, stderr, exitCode }, { stdout: '', stderr: '', exitCode: 0 });
    });

    const server = databases().find(({ name }) => name === 'PostgreSQL');
    if (!server) test.skip('is silent where nothing was migrated, or the table is locked', 'no PostgreSQL here');
    else {
      test('prints nothing before the first migration, and does not wait for a migration', async (folder) => {
        const database = await server.create();
        const { config } = database;
        const environment = { DATABASE_URL: config.kind === 'postgres' ? config.url : '' };
        assert.equal(pick(await ask(folder, environment)), quiet);
        const { withStore } = await import('../../src/database/open-store.js');
        await startChartctl(['migrate'], { cwd: folder, environment }).ended;
        const limit = await limitOf(folder);
        await withStore(config, ({ knex }) =>
          knex.transaction(async (trx) => {
            await trx.raw('LOCK TABLE rolling_chart_data IN ACCESS EXCLUSIVE MODE');
            const { ms, ...end } = await ask(folder, environment);
            assert.equal(end, quiet);
            assert.ok(ms < limit, `${ms} ms, limit ${limit} ms`);
          }),
        );
        await database.drop();
      });
    }
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-question-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);

function pick({ stdout, stderr, exitCode, signal }: ProcessResult): ProcessResult {
  return { stdout, stderr, exitCode, signal };
}
