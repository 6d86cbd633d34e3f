import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { runCommand, type CommandOptions, type CommandResult } from '../../../src/jobs/retrain/run-command.js';
import { group } from '../../harness/group.js';

const NODE = process.execPath;
const HOSTILE = ['a b', '; touch stolen', '$(touch stolen)', '`id`', '"', "'", '\\', '*', '', '--flag', 'ü\n'];

/** Runs a program that writes its arguments, environment and input into the file that its environment names. */
function run(call: Partial<CommandOptions>): Promise<CommandResult> {
  return runCommand({ command: [NODE, '-e', ''], environment: {}, input: '', timeoutMs: 30_000, ...call });
}

async function failureOf(end: Promise<CommandResult>): Promise<Failure> {
  const thrown: unknown = await end.then(
    (found) => new Error(`it ended with ${found.exitCode}`),
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}

/**
 * A program that ignores SIGTERM and has a child that does, too. Both write their process ids into a folder.
 *
 * @param parentObeys whether the program itself ends on SIGTERM
 */
function ignoreSigterm(folder: string, parentObeys = false): string[] {
  const child = `process.on('SIGTERM', () => {}); require('fs').writeFileSync(process.argv[1] + '/child', String(process.pid)); setInterval(() => {}, 1000)`;
  const parent = `
    ${parentObeys ? '' : `process.on('SIGTERM', () => {});`}
    const { spawn } = require('child_process');
    spawn(process.execPath, ['-e', ${JSON.stringify(child)}, process.argv[1]], { stdio: 'ignore' });
    require('fs').writeFileSync(process.argv[1] + '/parent', String(process.pid));
    setInterval(() => {}, 1000);`;
  return [NODE, '-e', parent, folder];
}

async function processesOf(folder: string): Promise<number[]> {
  const files = [join(folder, 'parent'), join(folder, 'child')];
  const readNumbers = () => files.map((file) => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0));
  for (let i = 0; i < 400 && readNumbers().includes(0); i += 1) await sleep(25);
  const numbers = readNumbers();
  if (numbers.includes(0)) throw new Error(`not both of them began: ${numbers.join(' ')}`);
  return numbers;
}

/** Whether a process runs; a zombie does not. */
function isRunning(id: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${id}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function areGone(ids: readonly number[]): Promise<boolean> {
  for (let i = 0; i < 80 && ids.some(isRunning); i += 1) await sleep(25);
  return !ids.some(isRunning);
}

group<string>(
  'a program of the user',
  (test) => {
    test('gets its arguments unchanged, its environment and its input', async (folder) => {
      const file = join(folder, 'seen.json');
      const look = `
        const seen = { argv: process.argv.slice(1), env: process.env, input: require('fs').readFileSync(0, 'utf8') };
        require('fs').writeFileSync(process.env.OUT, JSON.stringify(seen))`;
      const end = await run({
        command: [NODE, '-e', look, '--', ...HOSTILE],
        environment: { OUT: file, MARK: '$HOME' },
        input: '{"a":1}\n',
      });
      assert.equal([end.exitCode, end.command.length], [0, 4 + HOSTILE.length]);
      assert.equal(JSON.parse(readFileSync(file, 'utf8')), {
        argv: HOSTILE,
        env: { OUT: file, MARK: '$HOME' },
        input: '{"a":1}\n',
      });
      assert.not(existsSync('stolen'));
    });

    test('ends with its own exit code, or with 128 and the signal that ended it', async () => {
      assert.is((await run({ command: [NODE, '-e', 'process.exitCode = 7'] })).exitCode, 7);
      assert.is((await run({ command: [NODE, '-e', "process.kill(process.pid, 'SIGKILL')"] })).exitCode, 137);
    });

    test('may end without reading its input, however long that is', async () => {
      const input = 'x'.repeat(5_000_000);
      assert.is((await run({ command: [NODE, '-e', 'process.stdin.destroy()'], input })).exitCode, 0);
      assert.is((await run({ command: ['true'], input, environment: { PATH: process.env.PATH } })).exitCode, 0);
    });

    test('that cannot be started is a failure with the reason', async () => {
      assert.match((await failureOf(run({ command: ['no-such-program'] }))).message, /"no-such-program" .*ENOENT/);
      assert.match((await failureOf(run({ command: ['/etc/passwd'] }))).message, /"\/etc\/passwd" .*EACCES/);
      const long = { LONG: 'x'.repeat(3_000_000) };
      assert.match((await failureOf(run({ environment: long }))).message, /could not be started: .*E2BIG/);
    });

    if (existsSync('/proc/self/stat')) {
      test('at the timeout it is ended with all its child processes, even if they ignore SIGTERM', async (folder) => {
        const place = mkdtempSync(join(folder, 'ignore-sigterm-'));
        const checked = failureOf(run({ command: ignoreSigterm(place), timeoutMs: 4000, graceMs: 400 }));
        const ids = await processesOf(place);
        assert.ok(ids.every(isRunning));
        const failure = await checked;
        assert.equal([failure.kind, failure.code], ['failed', 'TIMED_OUT']);
        assert.match(failure.message, /did not end within 4 s and was stopped$/);
        assert.ok(await areGone(ids), 'one of them still runs');
      });

      for (const parentObeys of [true, false]) {
        test(`an interruption ends it and its child; ${parentObeys ? 'only the child ignores' : 'both ignore'} SIGTERM`, async (folder) => {
          const place = mkdtempSync(join(folder, 'ignore-sigterm-'));
          const stop = new AbortController();
          const checked = failureOf(
            run({ command: ignoreSigterm(place, parentObeys), graceMs: 300, signal: stop.signal }),
          );
          const ids = await processesOf(place);
          stop.abort(new Failure('terminated', 'terminated'));
          assert.is((await checked).kind, 'terminated');
          assert.ok(await areGone(ids), 'one of them still runs');
        });
      }
    } else {
      test.skip(
        'at the timeout or interrupted it is ended with all its child processes',
        'no /proc here to look at processes',
      );
    }

    test('that ends on SIGTERM is not waited for any longer', async () => {
      const stop = new AbortController();
      const checked = failureOf(run({ command: [NODE, '-e', 'setInterval(() => {}, 1000)'], signal: stop.signal }));
      await sleep(300);
      const started = Date.now();
      stop.abort(new Failure('interrupted', 'interrupted'));
      assert.is((await checked).kind, 'interrupted');
      assert.ok(Date.now() - started < 5000, 'the 10 s were waited for');
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-run-command-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
