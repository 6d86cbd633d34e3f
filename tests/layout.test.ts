import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { group } from './harness/group.js';
import {
  findUnexpectedNames,
  findViolations,
  isImpure,
  PROCESS_EXCEPTIONS,
  PURE,
  PURITY_EXCEPTIONS,
  type SourceFile,
  touchesProcess,
} from './layout-rules.js';

function readSources(): SourceFile[] {
  const folders = ['bin', 'src', 'migrations'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const paths = [...folders, 'knexfile.ts'].filter((path) => path.endsWith('.ts') && existsSync(path));
  return paths.map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

const SOURCES = readSources();

/** The files among these paths that do not break the rule that they are excepted from. */
function findUnneeded(exceptions: object, breaksRule: (file: SourceFile) => boolean): string[] {
  return Object.keys(exceptions).filter((path) => {
    const source = SOURCES.find((candidate) => candidate.path === path);
    return !source || !breaksRule(source);
  });
}

group('layout', (test) => {
  test('imports go down only, in no circle and over at most four floors of a folder; pure parts are pure', () => {
    assert.ok(SOURCES.length > 50, `only ${SOURCES.length} files were read`);
    assert.equal(findViolations(SOURCES), []);
  });

  test('the top of the repository holds only what belongs there', () => {
    assert.equal(findUnexpectedNames(readdirSync('.')), []);
  });

  test('every exception is needed, and every pure part exists', () => {
    assert.equal(findUnneeded(PROCESS_EXCEPTIONS, touchesProcess), []);
    assert.equal(findUnneeded(PURITY_EXCEPTIONS, isImpure), []);
    assert.equal(
      PURE.filter((path) => !existsSync(path)),
      [],
    );
  });
});

const MAX_FIXTURE_BYTES = 4 * 1024 * 1024;

group('the tests', (test) => {
  const files = readdirSync('tests', { recursive: true, encoding: 'utf8' }).map((name) => join('tests', name));

  test('have fixtures of at most 4 MB', () => {
    const sizes = files.filter((path) => path.startsWith(join('tests', 'fixtures'))).map((path) => statSync(path).size);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(bytes > 0 && bytes <= MAX_FIXTURE_BYTES, `${bytes} bytes`);
  });

  test('read no file outside the repository', () => {
    const outside = files.filter(
      (path) => path.endsWith('.ts') && /['"`]\.\.\/shared/.test(readFileSync(path, 'utf8')),
    );
    assert.equal(outside, []);
  });
});

/** One violation each: file, text, and words of the sentence that names it. */
const VIOLATIONS: [string, string, RegExp][] = [
  ['src/core/a.ts', "import { x } from '../database/x.js';", /must not import src\/database/],
  ['src/core/a.ts', "import { readFileSync } from 'node:fs';", /uses node:fs, but it is in a pure part/],
  ['src/core/a.ts', "import type { Writable } from 'node:stream';", /uses node:stream/],
  ['src/core/a.ts', "import chalk from 'chalk';", /only src\/terminal may import it/],
  ['src/indicators/a.ts', "import { x } from '../rows/x.js';", /must not import src\/rows/],
  ['src/rows/a.ts', "import { x } from '../quality/x.js';", /must not import src\/quality/],
  ['src/database/a.ts', "import { x } from '../exchange/x.js';", /must not import src\/exchange/],
  ['src/database/a.ts', "import { x } from '../tables/x.js';", /must not import src\/tables/],
  ['src/database/deep/a.ts', "import { x } from '../../tables/x.js';", /must not import src\/tables/],
  ['src/files/a.ts', "import type { X } from '../database/x.js';", /must not import src\/database/],
  ['src/exchange/a.ts', "import { x } from '../config/x.js';", /must not import src\/config/],
  ['src/tables/a.ts', "import { x } from '../config/x.js';", /must not import src\/config/],
  ['src/tables/a.ts', "export { x } from '../jobs/x.js';", /must not import src\/jobs/],
  ['src/tables/deep/a.ts', "export * from '../../jobs/x.js';", /must not import src\/jobs/],
  ['src/tables/a.ts', "import postgres from 'postgres';", /only src\/database may import it/],
  ['migrations/a.ts', "import { x } from '../src/tables/x.js';", /must not import src\/tables/],
  ['src/database/a.ts', "import { x } from '../../migrations/x.js';", /must not import migrations/],
  ['src/jobs/a.ts', "const x = () => import('../commands/x.js');", /must not import src\/commands/],
  ['src/jobs/a.ts', "type X = import('../commands/x.js').X;", /must not import src\/commands/],
  ['src/commands/a.ts', "import { x } from '../../bin/chartctl.js';", /must not import bin/],
  ['src/jobs/a.ts', "import '../../tests/x.js';", /outside the program/],
  ['src/jobs/a.ts', "import { x } from '../index.js';", /must not import src\/index\.ts/],
  [
    'src/jobs/a.ts',
    "import knex from 'knex';",
    /only src\/database, src\/tables, migrations, knexfile\.ts may import it/,
  ],
  ['src/jobs/a.ts', "import x from 'knex/lib/x.js';", /imports knex, but only/],
  ['src/index.ts', "import { x } from './commands/x.js';", /must not import src\/commands/],
  ['src/terminal/a.ts', "import x from 'lodash';", /belongs to no part/],
  ['src/indicators/a.ts', "import 'node:crypto';", /uses node:crypto/],
  ['src/indicators/a.ts', 'const t = Date.now();', /uses Date\.now/],
  ['src/rows/a.ts', 'const t = performance.now();', /uses performance\.now/],
  ['src/quality/a.ts', 'const t = Math.random();', /uses Math\.random/],
  ['src/quality/a.ts', 'const t = new Date();', /uses new Date\(\)/],
  ['src/quality/a.ts', 'const { env } = process;', /uses process/],
  ['src/monitoring/prometheus.ts', 'const t = Date.now();', /uses Date\.now/],
  ['src/jobs/a.ts', 'const x = process.env.HOME;', /uses process/],
  ['src/jobs/a.ts', 'const x = globalThis.process;', /uses process/],
  ['src/jobs/a.ts', "import { env } from 'node:process';", /uses process/],
  ['src/jobs/utils.ts', '', /its name says nothing/],
  ['src/tables/types.ts', '', /its name says nothing/],
  ['src/tables/helpers/a.ts', '', /its name says nothing/],
  ['src/stray.ts', '', /no known part/],
  ['src/misc/a.ts', '', /no known part/],
];

const ALLOWED: [string, string][] = [
  ['src/core/a.ts', "import { x } from './b.js'; const text = 'Date.now() and process.env'; // Math.random()"],
  ['src/quality/a.ts', 'const at = new Date(0); const process1 = { process: 1 }.process;'],
  ['src/indicators/a.ts', "import { rma } from 'indicatorts'; import { x } from '../core/x.js';"],
  ['src/rows/a.ts', "import { x } from '../indicators/x.js';"],
  ['src/tables/a.ts', "import { MIGRATIONS } from '../../migrations/index.js'; import knex from 'knex';"],
  ['src/tables/a.ts', "import { x } from '../database/connection/x.js'; import { y } from '../rows/y.js';"],
  ['src/config/a.ts', "import { x } from '../exchange/x.js'; import { y } from '../quality/y.js';"],
  ['src/monitoring/a.ts', "import 'node:fs'; const t = Date.now();"],
  ['src/jobs/a.ts', "import { x } from '../tables/x.js'; import { y } from '../exchange/y.js'; import 'node:fs';"],
  ['src/commands/a.ts', "const x = await import('../jobs/x.js');"],
  ['src/index.ts', "export { ingest } from './jobs/ingest.js'; export * from './indicators/calculate-indicators.js';"],
  ['src/database/wire-types.ts', ''],
  ['bin/chartctl.ts', "import { run } from '../src/commands/run.js'; process.exitCode = 1;"],
];

/** Files of src/jobs that import each other, by name. */
function importing(imports: Record<string, string>): SourceFile[] {
  return Object.entries(imports).map(([name, imported]) => ({
    path: `src/jobs/${name}.ts`,
    text: imported === '' ? '' : `import { x } from '${imported}.js';`,
  }));
}

group('the check of the layout', (test) => {
  for (const [path, text, violation] of VIOLATIONS) {
    test(`finds the violation in ${path}: ${text || 'its name'}`, () => {
      const found = findViolations([{ path, text }]);
      assert.ok(
        found.some((line) => violation.test(line) && line.startsWith(`${path}: `)),
        `found ${JSON.stringify(found)}`,
      );
    });
  }

  for (const [path, text] of ALLOWED) {
    test(`allows ${path}: ${text}`, () => {
      assert.equal(findViolations([{ path, text }]), []);
    });
  }

  test('finds import circles, across folders too', () => {
    assert.equal(findViolations(importing({ a: './b', b: './deep/c', 'deep/c': '../a' })), [
      'src/jobs/a.ts: imports itself: src/jobs/a.ts -> src/jobs/b.ts -> src/jobs/deep/c.ts -> src/jobs/a.ts',
    ]);
    assert.match(findViolations(importing({ a: './b', b: './a' })).join('\n'), /imports itself: .*a\.ts -> .*b\.ts ->/);
    assert.equal(findViolations(importing({ a: './b', c: './b', b: '' })), []);
  });

  test('counts the floors of a folder, each folder by itself', () => {
    const four = { a: './b', b: './c', c: './d', d: './deep/e', 'deep/e': './f', 'deep/f': '' };
    assert.equal(findViolations(importing(four)), []);
    assert.equal(findViolations(importing({ ...four, d: './e', e: '' })), [
      'src/jobs: has 5 floors, expected at most 4: a.ts -> b.ts -> c.ts -> d.ts -> e.ts',
    ]);
  });

  test('finds what does not belong at the top', () => {
    const expected = [
      '.ci',
      '.gitignore',
      'bin',
      'tsconfig.build.json',
      'knexfile.ts',
      'README.md',
      'package-lock.json',
    ];
    assert.equal(findUnexpectedNames([...expected, 'scripts', 'notes.md', 'index.ts']), [
      'scripts',
      'notes.md',
      'index.ts',
    ]);
  });
});
