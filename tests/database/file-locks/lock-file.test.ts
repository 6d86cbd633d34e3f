import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { readOwner, tryLockFile, unlockFile } from '../../../src/database/file-locks/lock-file.js';
import { describeThisProcess, isRunning } from '../../../src/database/file-locks/lock-owner.js';
import { group } from '../../harness/group.js';

/** Contents of lock files that are damaged or incomplete. */
const DAMAGED = ['', 'null', '0', 'false', '[]', '{"pid":1', '{"pid":"1","token":"a"}', '{"token":"../../x","pid":1}'];

group('a lock file', (test) => {
  for (const text of DAMAGED) {
    test(`with ${JSON.stringify(text)} in it has no owner, and is acquired`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-lock-file-'));
      const path = join(folder, 'lock');
      writeFileSync(path, text);
      const me = describeThisProcess();
      const owner = tryLockFile(path, me);
      assert.ok(owner === undefined || !isRunning(owner));
      assert.is(tryLockFile(path, { ...me, token: 'other' })?.token, me.token);
      unlockFile(path, me);
      assert.equal(readdirSync(folder), []);
      rmSync(folder, { recursive: true });
    });
  }

  for (const target of ['theirs', 'missing']) {
    test(`does not write through a symbolic link to ${target}, at its own name or its draft's`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-lock-file-'));
      const path = join(folder, 'lock');
      const me = describeThisProcess();
      writeFileSync(join(folder, 'theirs'), 'kept');
      for (const name of [path, `${path}.${me.pid}.${me.token}.draft`]) symlinkSync(join(folder, target), name);
      tryLockFile(path, me);
      assert.is(readOwner(path)?.token, me.token);
      assert.equal(readdirSync(folder), ['lock', 'theirs']);
      assert.is(readFileSync(join(folder, 'theirs'), 'utf8'), 'kept');
      rmSync(folder, { recursive: true });
    });
  }

  test('removes files of killed processes beside it, and none of running ones', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-lock-file-'));
    const me = describeThisProcess();
    const gone = JSON.stringify({ ...me, pid: 4_194_304, token: 'gone' });
    const abandoned = {
      'lock.4194304.0123456789abcdef.draft': '', // killed before it wrote
      'lock.0123456789abcdef.4194304.0123456789abcdef.draft': gone,
      'lock.0123456789abcdef': gone, // killed while it replaced another one's
    };
    const kept = {
      [`lock.${me.pid}.0123456789abcdef.draft`]: '',
      'lock.fedcba9876543210': JSON.stringify(me),
      'lock.elsewhere': JSON.stringify({ ...me, host: `not-${me.host}` }),
      'lock.txt': 'notes',
      'lockless.4194304.0123456789abcdef.draft': '',
    };
    for (const [name, text] of Object.entries({ ...abandoned, ...kept })) writeFileSync(join(folder, name), text);
    assert.is(tryLockFile(join(folder, 'lock'), me), undefined);
    assert.equal(readdirSync(folder), ['lock', ...Object.keys(kept)].sort());
    rmSync(folder, { recursive: true });
  });
});

group('the owner of a lock', (test) => {
  test('that has ended does not run, although its parent has not waited for it', async () => {
    if (process.platform !== 'linux') return; // /proc shows it only there
    // the shell is replaced by a program that never waits for the child
    const parent = spawn('sh', ['-c', 'sleep 30 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const owner = { ...describeThisProcess(), pid: Number(output.toString()), processStart: '' };
    const readStat = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8');
    while (!readStat(parent.pid!).includes('(sleep)')) await sleep(10);
    process.kill(owner.pid);
    while (!readStat(owner.pid).includes(') Z')) await sleep(10);
    assert.not.ok(isRunning(owner));
    assert.ok(isRunning({ ...owner, pid: parent.pid! }));
    parent.kill();
  });
});
