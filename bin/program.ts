import { setMaxListeners } from 'node:events';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { run } from '../src/commands/run.js';
import { Failure, type FailureKind } from '../src/core/failure.js';

// The embedded database is WebAssembly. Optimizing its code would double the CPU time of most commands; only those that
// process more than some 100,000 rows would gain from it. Each function is validated when it is first called, instead of all
// 13,000 at the start.
setFlagsFromString('--liftoff-only');
setFlagsFromString('--wasm-lazy-validation');

// Rows are in typed arrays, outside of V8's heap, but their bytes count towards its next collection: with the usual growth
// V8 would mark the whole heap, which is mostly the program itself, after every 20 MB of rows.
setFlagsFromString('--heap-growing-percent=300');

// Compiling takes V8 a sixth of the CPU time of a backfill of a year with its usual budget, 67,584 bytes of executed code: many
// functions are compiled that are about to end, and others again when more is known of their values. Only Node 20's V8 has
// this flag; others would print that they do not know it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=200000');

const stop = new AbortController();
setMaxListeners(0, stop.signal); // every request in flight listens
const listeners = { SIGINT: () => requestStop('interrupted'), SIGTERM: () => requestStop('terminated') };

/** The first signal asks the job to stop between transactions; the next one finds no listener and ends the process. */
function requestStop(kind: FailureKind): void {
  for (const [signal, listener] of Object.entries(listeners)) process.removeListener(signal, listener);
  stop.abort(new Failure(kind, kind, { hint: 'only whole transactions were written; run the command again to go on' }));
}
for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);

/** A process without open handles ends at once, before this time. */
const FORCED_EXIT_MS = 2_000;

/** SIGHUP comes twice when the terminal is closed: from the system and from the shell. */
let isTerminalClosed = false;
process.on('SIGHUP', () => {
  isTerminalClosed = true;
  requestStop('terminated');
});

const { stdout, stderr, env } = process;
const isTerminal = { stdout: stdout.isTTY, stderr: stderr.isTTY };
const program = { node: process.execPath, script: process.argv[1]! };
const stdin = { isTerminal: isatty(0), open: () => process.stdin };
const io = { stdout, stderr, stdin, env, cwd: process.cwd(), program, isTerminal, signal: stop.signal };
const hasTerminal = [0, 1, 2].some(isatty);
void run(process.argv.slice(2), io).then((exitCode) => {
  process.exitCode = exitCode;
  // an embedded database that failed to open may leave an open handle, which would keep the process running
  setInterval(() => {
    // oxlint-disable-next-line no-restricted-properties -- all output was written
    if (stdout.writableLength + stderr.writableLength === 0) process.exit();
  }, FORCED_EXIT_MS).unref();
  if (!isTerminalClosed || !hasTerminal) return;
  // at exit Node would restore the terminal and abort when it is closed; the signal ends the process cleanly
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
});
