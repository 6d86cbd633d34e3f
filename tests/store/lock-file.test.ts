import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { tryLockFile, unlockFile } from '../../src/store/lock-file.js';
import { isRunning, thisProcess } from '../../src/store/lock-owner.js';
import { group } from '../harness/group.js';

/** What stands in a lock file that nobody of ours wrote whole. */
const RUBBISH = ['', 'null', '0', 'false', '[]', '{"pid":1', '{"pid":"1","token":"a"}', '{"token":"../../x","pid":1}'];

group('a lock file', (test) => {
  for (const text of RUBBISH) {
    test(`with ${JSON.stringify(text)} in it is nobody's, and is taken`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-lock-file-'));
      const path = join(folder, 'lock');
      writeFileSync(path, text);
      const me = thisProcess();
      const owner = tryLockFile(path, me);
      assert.ok(owner === undefined || !isRunning(owner));
      assert.is(tryLockFile(path, { ...me, token: 'other' })?.token, me.token);
      unlockFile(path, me);
      assert.equal(readdirSync(folder), []);
      rmSync(folder, { recursive: true });
    });
  }
});
