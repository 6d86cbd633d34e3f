import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Problems } from '../../src/config/problems.js';
import { findConfigFile, readConfiguration } from '../../src/config/read-configuration.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const NAME = 'chartctl.config.json';

/** Reads the configuration of a folder; `named` is the value of `--config`. */
async function read(cwd: string, { env = {}, named }: { env?: Record<string, string>; named?: string } = {}) {
  const problems = new Problems();
  const configuration = await readConfiguration({ env, cwd, configPath: named }, problems);
  const message = problemOf(problems);
  assert.is(configuration.isValid, message === undefined);
  return { ...configuration, message };
}

function problemOf(problems: Problems): string | undefined {
  try {
    problems.throwIfAny();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.is(error.exitCode, 2);
    return error.message;
  }
}

function folderIn(root: string, ...names: string[]): string {
  const folder = join(root, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

group(
  'the configuration file',
  (test) => {
    test('is the nearest above the working directory', async (root) => {
      const deep = folderIn(root, 'nearest', 'a', 'b', 'c');
      assert.is((await read(deep)).file, undefined);
      writeFileSync(join(root, 'nearest', NAME), '{ "sigma": 4, "window": 700 }');
      const far = await read(deep);
      assert.is(far.file, join(root, 'nearest', NAME));
      assert.equal(far.settings.sigma, { value: 4, origin: { kind: 'file', name: far.file } });
      writeFileSync(join(root, 'nearest', 'a', NAME), '{ "sigma": 5 }');
      const near = await read(deep);
      assert.is(near.settings.sigma.value, 5);
      assert.is(near.settings.window.value, 600, 'files are not merged');
      assert.is((await read(join(root, 'nearest'))).settings.sigma.value, 4);
    });

    test('is not taken from a world-writable folder above', (root) => {
      const open = folderIn(root, 'open');
      const below = folderIn(open, 'below');
      writeFileSync(join(open, NAME), '{}');
      assert.is(findConfigFile(below), join(open, NAME));
      chmodSync(open, 0o1777);
      assert.is(findConfigFile(below), undefined);
      assert.is(findConfigFile(open), join(open, NAME), 'the working directory itself is trusted');
    });

    test('is the one that --config names, else CHARTCTL_CONFIG, also of .env', async (root) => {
      const folder = folderIn(root, 'named');
      writeFileSync(join(folder, NAME), '{ "sigma": 4 }');
      writeFileSync(join(folder, 'flag.json'), '{ "sigma": 5 }');
      writeFileSync(join(folder, 'variable.json'), '{ "sigma": 6 }');
      const env = { CHARTCTL_CONFIG: 'variable.json' };
      assert.is((await read(folder, { env, named: 'flag.json' })).settings.sigma.value, 5);
      assert.is((await read(folder, { env })).settings.sigma.value, 6);
      assert.is((await read(folder, { env: { CHARTCTL_CONFIG: '' } })).settings.sigma.value, 4);
      writeFileSync(join(folder, '.env'), 'CHARTCTL_CONFIG=variable.json\n');
      assert.is((await read(folder)).settings.sigma.value, 6);
    });

    test('that is named and absent is reported', async (root) => {
      const { message } = await read(root, { named: 'nowhere.json' });
      assert.is(message, `the configuration file "${join(root, 'nowhere.json')}" was not found`);
    });

    test('has paths relative to its own folder', async (root) => {
      const deep = folderIn(root, 'paths', 'deep');
      writeFileSync(join(root, 'paths', NAME), '{ "dataDir": "data", "metricsFile": "/var/lib/x.prom" }');
      const { settings } = await read(deep);
      assert.is(settings.dataDir.value, join(root, 'paths', 'data'));
      assert.is(settings.metricsFile.value, '/var/lib/x.prom');
    });

    test('may begin with a byte order mark and name its schema', async (root) => {
      writeFileSync(join(root, 'bom.json'), '\uFEFF{ "$schema": "./schema.json", "sigma": 4 }');
      assert.is((await read(root, { named: 'bom.json' })).settings.sigma.value, 4);
    });

    const refused: [string, string, RegExp][] = [
      ['is empty', '', /is not valid JSON: found the end of the file in line 1, column 1$/],
      ['is an array', '[]', /: found \[\]$/],
      ['is a number', '5', /: found 5$/],
      ['has a comma too many', '{\n  "sigma": 4,\n}', /is not valid JSON: found "}" in line 3, column 1$/],
      ['says a thing twice', '{ "sigma": 4,\n"sigma": 5 }', /line 2: "sigma" is there twice$/],
      ['is huge', `{ "symbols": ["${'A'.repeat(200_000)}"] }`, /has 200019 bytes$/],
      ['is no text', '\u0000\u0001', /is not valid JSON: found "\\u0000" in line 1, column 1$/],
      ['is deep', '['.repeat(5000), /is not valid JSON: found "\[" in line 1, column 34$/],
      [
        'has thousands of unknown keys',
        `{${Array.from({ length: 9000 }, (_, i) => `"k${i}":1`).join()}}`,
        /there is no setting "k0"/,
      ],
    ];
    for (const [what, text, message] of refused) {
      test(`that ${what} is refused as a whole`, async (root) => {
        writeFileSync(join(root, 'refused.json'), text);
        const found = await read(root, { named: 'refused.json' });
        assert.match(found.message ?? '', message);
        assert.is(found.settings.sigma.origin.kind, 'default');
      });
    }

    test('must not be a folder', async (root) => {
      const folder = folderIn(root, 'folder', NAME);
      assert.is((await read(join(root, 'folder'))).message, `the configuration file "${folder}" is a folder`);
    });

    test('that cannot be read is reported', async (root) => {
      writeFileSync(join(root, 'file'), '');
      const { message } = await read(root, { named: join('file', 'x.json') });
      assert.match(message ?? '', /could not be read: ENOTDIR$/);
    });

    test('is reported together with the environment and .env', async (root) => {
      const folder = folderIn(root, 'together');
      writeFileSync(join(folder, NAME), '{ "sigma": "x",\n "symbls": [] }');
      writeFileSync(join(folder, '.env'), 'CHARTCTL_WINDOW=y\n');
      const { message } = await read(folder, { env: { CHARTCTL_THRESHOLD: 'z' } });
      assert.equal(
        message?.split('\n').map((line) => line.replace(folder, '')),
        [
          'several problems:',
          `- "/${NAME}" line 1: sigma was "x" (expected a number in the range 0.1 to 100)`,
          `- "/${NAME}" line 2: there is no setting "symbls" (did you mean "symbols"?)`,
          '- CHARTCTL_WINDOW in .env was "y" (expected a whole number in the range 1 to 1000000)',
          '- CHARTCTL_THRESHOLD was "z" (expected a number in the range 0 to 1)',
        ],
      );
    });

    test('goes with a .env that Notepad saved: its first line, behind a byte order mark, names the database', async (root) => {
      const folder = folderIn(root, 'notepad');
      writeFileSync(join(folder, '.env'), '\uFEFFDATABASE_URL=postgres://a@127.0.0.1:1/platform\r\n');
      const { originOf, environment } = await read(folder);
      assert.equal([originOf('DATABASE_URL'), environment.DATABASE_URL], ['.env', 'postgres://a@127.0.0.1:1/platform']);
      writeFileSync(join(folder, '.env'), Buffer.from('\uFEFFDATABASE_URL=postgres://a\r\n', 'utf16le'));
      assert.is((await read(folder)).message, `"${join(folder, '.env')}" is in UTF-16, little-endian`);
    });

    test('reports whether a variable is from the environment or from .env', async (root) => {
      const folder = folderIn(root, 'origin');
      writeFileSync(join(folder, '.env'), 'DATABASE_URL=postgres://a\nOTHER=1\n');
      const { originOf, environment } = await read(folder, { env: { OTHER: '2' } });
      assert.equal([originOf('DATABASE_URL'), originOf('OTHER'), originOf('NONE')], ['.env', 'environment', undefined]);
      assert.is(environment.OTHER, '2');
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-config-')),
    teardown: (root) => rmSync(root, { recursive: true }),
  },
);
