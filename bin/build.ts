/**
 * Builds `dist`: the package's functions as modules with their types, and the program as one file.
 *
 * Cron starts the program every minute. As modules it would spend most of its start-up on finding, reading and compiling
 * some 700 files; so they are bundled, with V8's code cache beside the bundle.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatConfigSchema } from '../src/config/config-schema.js';
import { buildPage } from './build-page.js';
import { writeManPage } from './write-man-page.js';

const BIN = 'dist/bin';
const PROGRAM = join(BIN, 'program.js');

const TO_COMMONJS: BuildOptions = {
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outdir: BIN,
  define: { 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
};

interface Replacement {
  by: RegExp;
  what: RegExp;
  contents: string;
}

const EMPTY_MODULE = 'module.exports = {};';
/** A module of Node that is loaded at its first use, as an object or as a function. */
const loadOnUse = (name: string) =>
  `const load = () => require('node:${name}');
   module.exports = new Proxy(() => {}, { get: (_, key) => load()[key], apply: (_, self, values) => load()(...values) });`;

/** Modules that packages import but hardly use here, by the importing package. */
const REPLACEMENTS: readonly Replacement[] = [
  { by: /node_modules.@binance/, what: /^axios$/, contents: EMPTY_MODULE }, // requests go over our own transport
  { by: /node_modules.knex/, what: /^(pg|pg-query-stream)$/, contents: EMPTY_MODULE }, // postgres.js is the driver
  { by: /node_modules.knex.lib.dialects.index.js$/, what: /^\.\/(?!postgres$)/, contents: EMPTY_MODULE },
  { by: /node_modules.knex/, what: /^assert$/, contents: loadOnUse('assert') },
  { by: /node_modules.postgres/, what: /^tls$/, contents: EMPTY_MODULE }, // it gets open sockets
  { by: /node_modules.postgres/, what: /^crypto$/, contents: loadOnUse('crypto') }, // for passwords
  { by: /node_modules.commander/, what: /^node:child_process$/, contents: EMPTY_MODULE }, // no subcommand is a program
];

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
const UNLICENSE =
  'This is free and unencumbered software released into the public domain; the whole text is at https://unlicense.org';

rmSync('dist', { recursive: true, force: true });
const isCompiled = compileModules();
if (isCompiled) {
  await bundleProgram();
  writeManPage('dist/man/chartctl.1');
  writeFileSync('dist/chartctl.config.schema.json', formatConfigSchema());
  copyFileSync('migrations/roles.sql', 'dist/roles.sql');
}
if (!isCompiled || !writeCodeCache()) process.exitCode = 1;

/** The modules behind `import ... from 'chartctl'`, not type-checked (see bin/check.ts); returns whether that succeeded. */
function compileModules(): boolean {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck'];
  return spawnSync(process.execPath, compiler, { stdio: 'inherit' }).status === 0;
}

async function bundleProgram(): Promise<void> {
  await build({ ...TO_COMMONJS, entryPoints: ['bin/chartctl.ts'] });
  chmodSync(join(BIN, 'chartctl.js'), 0o755);
  writeFileSync(join(BIN, 'package.json'), '{ "type": "commonjs" }\n');
  const { metafile } = await build({
    ...TO_COMMONJS,
    entryPoints: ['bin/program.ts'],
    bundle: true,
    minifyWhitespace: true,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' }, // its CommonJS form hides what it requires
    external: ['@electric-sql/pglite'], // it reads files that lie beside it
    supported: { 'dynamic-import': false }, // it would load Node's modules the slow way
    plugins: [replaceUnused()],
  });
  writeFileSync(PROGRAM, toAscii(readFileSync(PROGRAM, 'utf8')));
  const pageFiles = await buildPage(BIN);
  writeFileSync(join(BIN, 'LICENSES.txt'), formatLicences([...Object.keys(metafile.inputs), ...pageFiles]));
}

function replaceUnused(): Plugin {
  return {
    name: 'replace-unused',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^/ }, ({ path, importer }) => {
        const place = REPLACEMENTS.findIndex(({ by, what }) => what.test(path) && by.test(importer));
        return place === -1 ? undefined : { path: String(place), namespace: 'replaced' };
      });
      bundler.onLoad({ filter: /^/, namespace: 'replaced' }, ({ path }) => ({
        contents: REPLACEMENTS[Number(path)]!.contents,
      }));
    },
  };
}

/** Escapes what esbuild leaves in tagged templates: one such character makes V8 store the whole program in two bytes each. */
function toAscii(source: string): string {
  return source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Compiles the program for this Node's V8, in a process of its own; returns whether that succeeded. */
function writeCodeCache(): boolean {
  const file = `${PROGRAM}.${process.version}-${process.platform}-${process.arch}`;
  const command = ['--import', 'tsx', 'bin/write-code-cache.ts', file];
  const { status, stderr } = spawnSync(process.execPath, command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) process.stderr.write(stderr);
  return status === 0;
}

/** The licences of the bundled packages, which must accompany their code. */
function formatLicences(files: readonly string[]): string {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort().map(formatLicence).join('\n');
}

function formatLicence(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : standardLicence(about);
  return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
}

interface Package {
  name: string;
  version: string;
  license: string;
  author?: string | { name: string };
}

/** The text of a licence whose package has no file with it. */
function standardLicence({ name, license, author }: Package): string {
  if (license === 'Unlicense') return UNLICENSE;
  if (license !== 'MIT' || !author) throw new Error(`${name}: no text is known of its licence, ${license}`);
  return `Copyright (c) ${typeof author === 'string' ? author : author.name}\n\n${MIT}`;
}
