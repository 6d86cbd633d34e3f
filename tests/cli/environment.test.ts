import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readEnvironment } from '../../src/cli/environment.js';
import { readListFile } from '../../src/cli/list-file.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

group(
  'files that say what to do',
  (test) => {
    test('the environment wins over .env, also when it is empty', (folder) => {
      writeFileSync(join(folder, '.env'), 'CHARTCTL_SYMBOLS="BTCUSDT"\nCHARTCTL_FALLBACK=okx\n# no\nOTHER=1\n');
      const environment = readEnvironment({ CHARTCTL_FALLBACK: '' }, folder);
      assert.is(environment.CHARTCTL_SYMBOLS, 'BTCUSDT');
      assert.is(environment.CHARTCTL_FALLBACK, '');
    });

    test('no .env is no problem', (folder) => {
      assert.equal(readEnvironment({ A: '1' }, join(folder, 'nowhere')), { A: '1' });
    });

    test('a .env that cannot be read is one', (folder) => {
      mkdirSync(join(folder, 'sub', '.env'), { recursive: true });
      assert.throws(() => readEnvironment({}, join(folder, 'sub')), /could not be read: EISDIR/);
    });

    test('a list file holds one entry a line; comments and blank lines are left out', (folder) => {
      writeFileSync(join(folder, 'list'), '\uFEFFBTCUSDT # the first\r\n\r\n# none\n  ETHUSDT\n');
      assert.equal(readListFile('list', folder), ['BTCUSDT', 'ETHUSDT']);
    });

    test('a list file without an entry is a usage failure', (folder) => {
      writeFileSync(join(folder, 'empty'), '# nothing\n');
      assert.throws(
        () => readListFile('empty', folder),
        (error: unknown) => error instanceof Failure && error.exitCode === 2 && /lists nothing/.test(error.message),
      );
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
