import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { startChartctl } from '../harness/chartctl-process.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { startLoopback } from '../loopback/start-loopback.js';

const BIN = resolve('dist/bin');
const PROGRAM = join(BIN, 'program.js');
const STATIC_IMPORT = /^(?:import|export)\s(?:[^;'"]*?\sfrom\s)?'([^']+)'/gm;

/** Compiles the program with its code cache, as the program does, and prints whether V8 rejects the cache. */
const COMPILE = `
  const { readFileSync } = require('node:fs');
  const filename = process.argv[1];
  const cachedData = readFileSync([filename + '.' + process.version, process.platform, process.arch].join('-'));
  const source = require('node:module').wrap(readFileSync(filename, 'utf8'));
  const { cachedDataRejected } = new (require('node:vm').Script)(source, { filename, cachedData });
  process.stdout.write('rejected: ' + cachedDataRejected);`;

/** The packages and files that a compiled module imports statically. */
function loadedBy(file: string, found = { packages: new Set<string>(), files: new Set<string>() }) {
  if (found.files.has(file)) return found;
  found.files.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (specifier.startsWith('.')) loadedBy(join(dirname(file), specifier), found);
    else if (!builtinModules.includes(specifier.replace(/^node:/, ''))) found.packages.add(specifier);
  }
  return found;
}

interface Loaded {
  /** The files that Node loaded. */
  files: string[];
  /** Modules inside the bundle that ran: `src/database/store.ts`, or `knex` for any file of that package. */
  modules: Set<string>;
}

/** Runs chartctl, which must succeed, and returns the modules that it executed. */
async function run(argv: readonly string[], environment: Record<string, string> = {}): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-start-up-'));
  try {
    const context = { cwd: folder, environment: { ...environment, NODE_V8_COVERAGE: folder } };
    const { exitCode, stderr } = await startChartctl(argv, context).ended;
    assert.is(exitCode, 0, stderr);
    return readCoverage(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In the bundle a module that is loaded on demand is a function, named by the path of the module. */
function readCoverage(text: string): Loaded {
  const { result } = JSON.parse(text) as {
    result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
  };
  const bundle = result.find(({ url }) => url.endsWith('bin/program.js'));
  const names = (bundle?.functions ?? [])
    .filter(({ functionName, ranges }) => functionName.includes('/') && ranges[0]!.count > 0)
    .map(({ functionName }) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(functionName)?.[1] ?? functionName);
  return {
    files: result.map(({ url }) => url).filter((url) => url.startsWith('file:')),
    modules: new Set(names),
  };
}

const among = (modules: Set<string>, pattern: RegExp) => [...modules].filter((name) => pattern.test(name));

group('start-up', (test) => {
  test('the command line is commander, chalk and lists: nothing of the database, the report or the jobs', () => {
    const { packages, files } = loadedBy('dist/src/commands/run.js');
    assert.equal([...packages].sort(), ['chalk', 'commander']);
    const folders = new Set([...files].map((file) => file.split('/')[2]));
    const declarations = ['config', 'exchange', 'files', 'indicators', 'quality']; // lists with their defaults
    assert.equal([...folders].sort(), ['commands', 'core', 'terminal', ...declarations].sort());
    const exchange = [...files].filter((file) => file.startsWith('dist/src/exchange/')).map((file) => basename(file));
    assert.equal(exchange.sort(), ['archive-config.js', 'fallbacks.js', 'market.js']);
  });

  test('--help runs nothing else', async () => {
    const { modules } = await run(['--help']);
    assert.equal(
      // chalk is part of the bundle's own scope
      among(modules, /^(?!chalk$|src\/(commands|config|core|exchange|files|indicators|quality|rows|terminal)\/)/),
      ['commander'],
    );
  });

  test('this Node accepts the code cache of the build', () => {
    // in a process without the test runner's flags: V8 rejects a cache that was made with others
    const { stdout } = spawnSync(process.execPath, ['--eval', COMPILE, PROGRAM], { encoding: 'utf8' });
    assert.is(stdout, 'rejected: false');
  });

  test('the program is ASCII, so that V8 stores it in one byte a character', () => {
    assert.is(/[^\0-\x7f]/.exec(readFileSync(PROGRAM, 'utf8'))?.[0], undefined);
  });

  const server = databases().find(({ name }) => name === 'PostgreSQL');
  if (!server) {
    test.skip('ingest on a server loads one file and runs only what it needs of it', 'no PostgreSQL here');
    return;
  }
  test('ingest on a server loads one file and runs only what it needs of it', async () => {
    const database = await server.create();
    const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT']), nowMs: Date.UTC(2025, 5, 1) });
    const { config } = database;
    const environment = { DATABASE_URL: config.kind === 'postgres' ? config.url : '', ...exchange.environment };
    await run(['migrate'], environment);
    const { files, modules } = await run(['ingest', 'BTCUSDT'], environment);
    await exchange.close();
    await database.drop();
    assert.equal(
      files.filter((file) => !file.startsWith(pathToFileURL(BIN).href)),
      [],
    );
    for (const needed of ['knex', 'postgres', 'src/jobs/ingest/ingest.ts']) assert.ok(modules.has(needed), needed);
    assert.equal(
      among(
        modules,
        /axios|hyparquet|cli-progress|\/(adoption|replay|api)\/|\/network\/(?!routes|proxy-error)|\/files\/(?!formats\/formats\.ts)|migrate\.ts|embedded/,
      ),
      [],
    );
  });
});
