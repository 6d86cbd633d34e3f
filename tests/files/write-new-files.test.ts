import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { writeNewFiles } from '../../src/files/write-new-files.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const FILES = [{ path: 'crontab', text: 'new' }];

group<string>(
  'writeNewFiles',
  (test) => {
    for (const target of ['an existing file', 'an absent file']) {
      test(`a link to ${target} counts as an existing file, and is replaced on request`, (folder) => {
        const place = mkdtempSync(join(folder, 'place-'));
        const existing = join(folder, 'an existing file');
        writeFileSync(existing, 'kept');
        symlinkSync(join(folder, target), join(place, 'crontab'));
        assert.is(expectThrownFailure(() => writeNewFiles(place, FILES, false)).kind, 'usage');
        writeNewFiles(place, FILES, true);
        assert.equal(readdirSync(place), ['crontab']);
        assert.is(readFileSync(join(place, 'crontab'), 'utf8'), 'new');
        assert.is(readFileSync(existing, 'utf8'), 'kept');
        assert.not(readdirSync(folder).includes('an absent file'));
      });
    }

    test('a replacement that fails leaves no temporary file', (folder) => {
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
