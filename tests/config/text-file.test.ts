import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readDotEnv, readListFile } from '../../src/config/text-file.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

group(
  'text files',
  (test) => {
    test('.env holds a variable a line, with or without quotes', (folder) => {
      writeFileSync(join(folder, '.env'), 'CHARTCTL_SYMBOLS="BTCUSDT"\nCHARTCTL_FALLBACK=okx\n# no\nOTHER=1\n');
      assert.equal({ ...readDotEnv(folder) }, { CHARTCTL_SYMBOLS: 'BTCUSDT', CHARTCTL_FALLBACK: 'okx', OTHER: '1' });
    });

    test('an absent .env is not a problem', (folder) => {
      assert.equal(readDotEnv(join(folder, 'nowhere')), {});
    });

    test('a .env that cannot be read is a usage failure', (folder) => {
      mkdirSync(join(folder, 'sub', '.env'), { recursive: true });
      assert.throws(() => readDotEnv(join(folder, 'sub')), /could not be read: EISDIR/);
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
