import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { LOCK_FILE, lockDirectory } from '../../../src/database/file-locks/directory-lock.js';
import { describeThisProcess } from '../../../src/database/file-locks/lock-owner.js';
import { group } from '../../harness/group.js';

const HOLDER = ['--import', 'tsx', 'tests/harness/hold-directory.ts'];

function inDirectory(work: (directory: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chartctl-lock-'));
    try {
      await work(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
}

async function failureToLock(directory: string): Promise<Failure> {
  const error = await lockDirectory(directory).then(
    () => assert.unreachable('it was locked'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Failure);
  return error as Failure;
}

/** Starts another process, which locks the directory. */
async function startHolder(directory: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [...HOLDER, directory, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () => reject(new Error('the other process ended')));
  });
  return holder;
}

function kill(holder: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    holder.once('exit', () => resolve());
    holder.kill('SIGKILL');
  });
}

group('lockDirectory', (test) => {
  test(
    'creates the directory, and leaves no file when it is unlocked',
    inDirectory(async (directory) => {
      const deeper = join(directory, 'a', 'b');
      const unlock = await lockDirectory(deeper);
      assert.equal(readdirSync(deeper), [LOCK_FILE]);
      unlock();
      assert.equal(readdirSync(deeper), []);
    }),
  );

  test(
    'the same process cannot lock it twice',
    inDirectory(async (directory) => {
      const unlock = await lockDirectory(directory);
      const failure = await failureToLock(directory);
      assert.is(failure.exitCode, 11);
      assert.match(failure.message, `process ${process.pid} (chartctl`);
      unlock();
      (await lockDirectory(directory))();
    }),
  );

  test(
    'names the process that holds it; when that process is killed, it is free',
    inDirectory(async (directory) => {
      const holder = await startHolder(directory);
      const failure = await failureToLock(directory);
      assert.match(failure.message, `database directory "${directory}" is in use by process ${holder.pid} (chartctl `);
      assert.match(failure.message, /since 20\d\d-\d\d-\d\dT/);
      await kill(holder);
      assert.ok(existsSync(join(directory, LOCK_FILE)), 'the killed process left its lock');
      const unlock = await lockDirectory(directory);
      unlock();
      assert.equal(readdirSync(directory), []);
    }),
  );

  const reused = 'a lock whose process ID belongs to another process now is stale';
  if (!existsSync('/proc/self/stat')) test.skip(reused, 'no /proc here');
  else
    test(
      reused,
      inDirectory(async (directory) => {
        const owner = { ...describeThisProcess(), processStart: '1', token: 'reused' };
        writeFileSync(join(directory, LOCK_FILE), JSON.stringify(owner));
        (await lockDirectory(directory))();
      }),
    );

  test(
    'a lock file left empty by a power failure is stale',
    inDirectory(async (directory) => {
      writeFileSync(join(directory, LOCK_FILE), '');
      (await lockDirectory(directory))();
      assert.equal(readdirSync(directory), []);
    }),
  );

  test(
    'a process on another machine is assumed to run; the hint names the file to delete',
    inDirectory(async (directory) => {
      const owner = { ...describeThisProcess(), pid: 999_999, host: `not-${hostname()}` };
      writeFileSync(join(directory, LOCK_FILE), JSON.stringify(owner));
      const failure = await failureToLock(directory);
      assert.match(failure.message, `on not-${hostname()}`);
      assert.match(failure.hint ?? '', join(directory, LOCK_FILE));
    }),
  );

  test(
    'a file in place of the directory is wrong configuration',
    inDirectory(async (directory) => {
      const file = join(directory, 'file');
      writeFileSync(file, '');
      for (const path of [file, join(file, 'below')]) {
        const failure = await failureToLock(path);
        assert.is(failure.exitCode, 2);
        assert.match(failure.message, `database directory "${path}" cannot be written`);
      }
    }),
  );

  test(
    'six processes that compete for it, also over stale locks, never hold it together',
    inDirectory(async (directory) => {
      writeFileSync(
        join(directory, LOCK_FILE),
        JSON.stringify({ ...describeThisProcess(), processStart: '1', token: 'dead' }),
      );
      const run = promisify(execFile);
      const runs = Array.from({ length: 6 }, () => run(process.execPath, [...HOLDER, directory, '1500']));
      const made = setInterval(() => leaveStaleLock(directory), 20);
      const reports = await Promise.all(runs).finally(() => clearInterval(made));
      const counts = reports.map(({ stdout }) => JSON.parse(stdout) as { taken: number; collisions: number });
      const taken = counts.reduce((total, count) => total + count.taken, 0);
      assert.ok(taken > 50, `only ${taken} times`);
      assert.is(counts.reduce((total, count) => total + count.collisions, 0), 0); // prettier-ignore
    }),
  );
});

/** Leaves the lock of a process that was killed after it had locked the directory. */
function leaveStaleLock(directory: string): void {
  const path = join(directory, LOCK_FILE);
  const owner = { ...describeThisProcess(), processStart: '1' };
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // EEXIST: it is locked
  }
}
