import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { writeNewFiles } from '../../src/schedule/write-new-files.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const FILES = [{ path: 'crontab', text: 'ours' }];

group<string>(
  'writing new files',
  (test) => {
    for (const target of ['theirs', 'nothing there']) {
      test(`a link to ${target} in the place of a file is in the way, and is replaced when told to`, (folder) => {
        const place = mkdtempSync(join(folder, 'place-'));
        const theirs = join(folder, 'theirs');
        writeFileSync(theirs, 'kept');
        symlinkSync(join(folder, target), join(place, 'crontab'));
        assert.is(expectThrownFailure(() => writeNewFiles(place, FILES, false)).kind, 'usage');
        writeNewFiles(place, FILES, true);
        assert.equal(readdirSync(place), ['crontab']);
        assert.is(readFileSync(join(place, 'crontab'), 'utf8'), 'ours');
        assert.is(readFileSync(theirs, 'utf8'), 'kept');
        assert.not(readdirSync(folder).includes('nothing there'));
      });
    }

    test('what cannot be replaced leaves nothing beside it', (folder) => {
      const place = mkdtempSync(join(folder, 'place-'));
      mkdirSync(join(place, 'crontab'));
      const failure = expectThrownFailure(() => writeNewFiles(place, FILES, true));
      assert.equal([failure.kind, failure.code], ['failed', 'EISDIR']);
      assert.equal(readdirSync(place), ['crontab']);
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-new-files-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
