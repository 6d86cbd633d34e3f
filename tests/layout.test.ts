import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { group } from './harness/group.js';
import {
  findUnexpectedNames,
  findViolations,
  PROCESS_EXCEPTIONS,
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

group('floors', (test) => {
  test('the program keeps the rules of the house: imports go down, neighbours do not know each other', () => {
    assert.ok(SOURCES.length > 50, `only ${SOURCES.length} files were read`);
    assert.equal(findViolations(SOURCES), []);
  });

  test('the top of the repository holds only what belongs there', () => {
    assert.equal(findUnexpectedNames(readdirSync('.')), []);
  });

  test('every exception is still needed', () => {
    const unneeded = Object.keys(PROCESS_EXCEPTIONS).filter((path) => {
      const source = SOURCES.find((candidate) => candidate.path === path);
      return !source || !touchesProcess(source);
    });
    assert.equal(unneeded, []);
  });
});

/** One broken rule each: file, text, and a word of the fault it must be called. */
const BROKEN: [string, string, RegExp][] = [
  ['src/core/a.ts', "import { x } from '../store/x.js';", /must not know src\/store/],
  ['src/core/a.ts', "import { readFileSync } from 'node:fs';", /knows no node: module/],
  ['src/core/a.ts', "import chalk from 'chalk';", /only src\/cli may know it/],
  ['src/store/a.ts', "import { x } from '../exchange/x.js';", /must not know src\/exchange/],
  ['src/files/a.ts', "import type { X } from '../store/x.js';", /must not know src\/store/],
  ['src/store/a.ts', "export { x } from '../jobs/x.js';", /must not know src\/jobs/],
  ['src/store/deep/a.ts', "export * from '../../jobs/x.js';", /must not know src\/jobs/],
  ['src/store/connection/a.ts', "import { x } from '../flags.js';", /must not know src\/store/],
  ['src/store/a.ts', "import postgres from 'postgres';", /only src\/store\/connection may know it/],
  ['src/jobs/a.ts', "const x = () => import('../commands/x.js');", /must not know src\/commands/],
  ['src/jobs/a.ts', "type X = import('../commands/x.js').X;", /must not know src\/commands/],
  ['src/commands/a.ts', "import { x } from '../../bin/chartctl.js';", /must not know bin/],
  ['src/jobs/a.ts', "import '../../tests/x.js';", /outside the program/],
  ['src/jobs/a.ts', "import { x } from '../index.js';", /must not know src\/index\.ts/],
  ['src/jobs/a.ts', "import knex from 'knex';", /only src\/store, migrations, knexfile\.ts may know it/],
  ['src/jobs/a.ts', "import x from 'knex/lib/x.js';", /imports knex, but only/],
  ['src/index.ts', "import { x } from './commands/x.js';", /must not know src\/commands/],
  ['src/cli/a.ts', "import x from 'lodash';", /no part is the home of/],
  ['src/indicators/a.ts', "import 'node:crypto';", /knows no node: module/],
  ['src/indicators/a.ts', 'const t = Date.now();', /uses Date\.now/],
  ['src/quality/a.ts', 'const t = Math.random();', /uses Math\.random/],
  ['src/quality/a.ts', 'const t = new Date();', /uses new Date\(\)/],
  ['src/quality/a.ts', 'const { env } = process;', /touches process/],
  ['src/jobs/a.ts', 'const x = process.env.HOME;', /touches process/],
  ['src/jobs/a.ts', 'const x = globalThis.process;', /touches process/],
  ['src/jobs/a.ts', "import { env } from 'node:process';", /touches process/],
  ['src/jobs/utils.ts', '', /its name says nothing/],
  ['src/store/types.ts', '', /its name says nothing/],
  ['src/store/helpers/a.ts', '', /its name says nothing/],
  ['src/stray.ts', '', /no known part/],
  ['src/misc/a.ts', '', /no known part/],
];

const KEPT: [string, string][] = [
  ['src/core/a.ts', "import { x } from './b.js'; const text = 'Date.now() and process.env'; // Math.random()"],
  ['src/quality/a.ts', 'const at = new Date(0); const process1 = { process: 1 }.process;'],
  ['src/indicators/a.ts', "import { rma } from 'indicatorts'; import { x } from '../core/x.js';"],
  ['src/store/a.ts', "import { MIGRATIONS } from '../../migrations/index.js'; import knex from 'knex';"],
  ['src/jobs/a.ts', "import { x } from '../store/x.js'; import { y } from '../exchange/y.js'; import 'node:fs';"],
  ['src/commands/a.ts', "const x = await import('../jobs/x.js');"],
  ['src/index.ts', "export { ingest } from './jobs/ingest.js'; export * from './indicators/calculate-indicators.js';"],
  ['src/store/wire-types.ts', ''],
  ['src/store/a.ts', "import { x } from './connection/x.js'; import { y } from './migration/y.js';"],
  ['src/jobs/a.ts', "import { x } from '../store/connection/x.js';"],
  ['bin/chartctl.ts', "import { run } from '../src/commands/run.js'; process.exitCode = 1;"],
];

group('the check of the floors', (test) => {
  for (const [path, text, fault] of BROKEN) {
    test(`finds the fault of ${path}: ${text || 'its name'}`, () => {
      const faults = findViolations([{ path, text }]);
      assert.ok(faults.length > 0, 'nothing was found');
      assert.ok(
        faults.some((line) => fault.test(line) && line.startsWith(`${path}: `)),
        faults.join('\n'),
      );
    });
  }

  for (const [path, text] of KEPT) {
    test(`finds no fault in ${path}: ${text}`, () => {
      assert.equal(findViolations([{ path, text }]), []);
    });
  }

  test('finds what does not belong at the top', () => {
    const belongs = [
      '.ci',
      '.gitignore',
      'bin',
      'tsconfig.build.json',
      'knexfile.ts',
      'README.md',
      'package-lock.json',
    ];
    assert.equal(findUnexpectedNames([...belongs, 'scripts', 'notes.md', 'index.ts']), [
      'scripts',
      'notes.md',
      'index.ts',
    ]);
  });
});
