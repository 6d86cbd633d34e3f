/**
 * Writes V8's code cache of the bundled program: `node --import tsx bin/write-code-cache.ts FILE`.
 *
 * V8 reads the whole cache at each start. One of all functions takes 13 ms to read, one of the functions that usual commands
 * call 8 ms; the others are compiled when they are first called. So such commands run here first, on an embedded database
 * and with generated candles: no request leaves this machine.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import v8 from 'node:v8';
import { Script } from 'node:vm';

const PROGRAM = resolve('dist/bin/program.js');
const cache = resolve(process.argv[2]!);
const folder = mkdtempSync(join(tmpdir(), 'chartctl-code-cache-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true })); // also when a command fails
const NOTHING_LISTENS = '127.0.0.1:9';
const embedded = { CHARTCTL_DATA_DIR: join(folder, 'generated'), CHARTCTL_BINANCE_URL: `http://${NOTHING_LISTENS}` };
/** Command lines with their environment and their exit code. */
const COMMANDS: readonly [string[], Record<string, string>, number][] = [
  [['demo', '--data-dir', folder], embedded, 0],
  [['clean', 'BTCUSDT'], embedded, 0],
  [['export-training-set', 'BTCUSDT', '--out', join(folder, 'set.csv')], embedded, 0],
  [['status'], { DATABASE_URL: `postgres://${NOTHING_LISTENS}/postgres` }, 75],
];

const setFlags = v8.setFlagsFromString;
setFlags('--no-flush-bytecode'); // V8 would forget functions that were not called for a while
// V8 accepts only a cache made with the flags of the process that reads it: the program may not set its own here
v8.setFlagsFromString = () => undefined;
// nor end the process: the next command follows
// oxlint-disable-next-line no-restricted-properties
process.exit = (() => undefined) as unknown as typeof process.exit;

const script = new Script(Module.wrap(readFileSync(PROGRAM, 'latin1')), { filename: PROGRAM });
const start = script.runInThisContext() as (...scope: unknown[]) => void;
for (const [command, environment, exitCode] of COMMANDS) {
  process.argv = [process.execPath, PROGRAM, ...command];
  process.env = { PATH: process.env.PATH, ...environment };
  if (exitCode !== 0) setFlags('--no-lazy'); // a function that is called here is compiled with all inside of it
  const module = { exports: {} };
  start.call(module.exports, module.exports, createRequire(PROGRAM), module, PROGRAM, dirname(PROGRAM));
  await once(process, 'beforeExit');
  if (process.exitCode !== exitCode) throw new Error(`${command.join(' ')} ended with exit code ${process.exitCode}`);
}
process.exitCode = 0;
setFlags('--lazy');
setFlags('--flush-bytecode');
writeFileSync(cache, script.createCachedData());
