import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { copyEmbeddedTemplate } from '../harness/embedded-template.js';
import { group } from '../harness/group.js';
import { runInProcess } from './run-in-process.js';

/** Runs a command whose configuration names no database. The one in the platform's folder cannot be opened. */
function run(home: string, env: Record<string, string>, ...argv: string[]) {
  return runInProcess(argv, { cwd: home, env: { CHARTCTL_DATA_DIR: '', XDG_DATA_HOME: join(home, 'old'), ...env } });
}

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'chartctl-home-'));
  const database = join(home, 'old', 'chartctl', 'pgdata');
  mkdirSync(database, { recursive: true });
  writeFileSync(join(database, 'PG_VERSION'), '9');
  return home;
}

group(
  'a note before the work',
  (test) => {
    const noteIn = (folder: string, found = 'is not set') =>
      `note: DATABASE_URL ${found}; using the embedded database in "${join(folder, 'chartctl')}"\n`;
    const firstLine = (text: string) => text.slice(0, text.indexOf('\n') + 1);

    test('says once where a command writes that was told no database', async (home) => {
      const data = join(home, 'data');
      mkdirSync(data);
      renameSync(await copyEmbeddedTemplate(), join(data, 'chartctl'));
      const { exitCode, stderr } = await run(home, { XDG_DATA_HOME: data }, 'rebuild', '--all');
      assert.is(exitCode, 0, stderr);
      assert.is(stderr, `${noteIn(data)}note: the database holds no symbol yet\n`);
    });

    test('says whether the variable is not set or empty', async (home) => {
      const old = join(home, 'old');
      assert.is(firstLine((await run(home, {}, 'undo', '1')).stderr), noteIn(old));
      assert.is(firstLine((await run(home, { DATABASE_URL: '' }, 'migrate')).stderr), noteIn(old, 'is empty'));
    });

    test('is a line of the JSON log, and not printed with --quiet', async (home) => {
      assert.not.match((await run(home, {}, 'migrate', '--quiet')).stderr, /note:/);
      const { stderr } = await run(home, {}, 'migrate', '--log-format', 'json');
      const { level, message } = JSON.parse(firstLine(stderr)) as { level: string; message: string };
      assert.equal([level, `note: ${message}\n`], ['warn', noteIn(join(home, 'old'))]);
    });

    test('is not said by a command that only reads, nor where a folder is configured', async (home) => {
      const configured = join(home, 'old', 'chartctl');
      const file = join(home, 'it.json');
      writeFileSync(file, JSON.stringify({ dataDir: configured }));
      const runs = [
        await run(home, {}, 'jobs'),
        await run(home, {}, 'history'),
        await run(home, {}, 'status'),
        await run(home, { CHARTCTL_DATA_DIR: configured }, 'migrate'),
        await run(home, {}, 'migrate', '--config', file),
      ];
      for (const { stderr, exitCode } of runs) {
        assert.is(exitCode, 2);
        assert.not.match(stderr, /note:/);
      }
    });

    test('names a variable that the program does not know, of the environment and of .env', async (home) => {
      const folder = join(home, 'project');
      mkdirSync(folder);
      writeFileSync(join(folder, '.env'), 'CHARTCTL_SIGMAS=4\n');
      const env = { CHARTCTL_SYMBOL: 'BTCUSDT' };
      const { stderr, exitCode } = await runInProcess(['config'], { cwd: folder, env });
      assert.is(exitCode, 0);
      assert.is(
        stderr,
        'note: CHARTCTL_SIGMAS is not a variable of chartctl; did you mean CHARTCTL_SIGMA?\n' +
          'note: CHARTCTL_SYMBOL is not a variable of chartctl; did you mean CHARTCTL_SYMBOLS?\n',
      );
      assert.is((await runInProcess(['config', '--quiet'], { cwd: folder, env })).stderr, '');
    });
  },
  {
    setup: makeHome,
    teardown: (home) => rmSync(home, { recursive: true }),
  },
);
