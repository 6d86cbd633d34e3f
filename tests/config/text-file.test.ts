import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readListFile } from '../../src/config/text-file.js';
import { Failure } from '../../src/core/failure.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const TEXT = 'BTCUSDT\nETHUSDT\n';
const OTHER_ENCODINGS = [
  { encoding: 'UTF-16 LE', bytes: Buffer.from(`\uFEFF${TEXT}`, 'utf16le'), says: /is in UTF-16, little-endian$/ },
  { encoding: 'UTF-16 BE', bytes: Buffer.from(`\uFEFF${TEXT}`, 'utf16le').swap16(), says: /is in UTF-16, big-endian$/ },
  { encoding: 'UTF-16 LE without a mark', bytes: Buffer.from(TEXT, 'utf16le'), says: /is in UTF-16, little-endian$/ },
  {
    encoding: 'UTF-16 BE without a mark',
    bytes: Buffer.from(TEXT, 'utf16le').swap16(),
    says: /in UTF-16, big-endian$/,
  },
  {
    encoding: 'UTF-32 LE',
    bytes: Buffer.from([0xff, 0xfe, 0, 0, 0x42, 0, 0, 0]),
    says: /is in UTF-32, little-endian$/,
  },
  {
    encoding: 'Latin-1',
    bytes: Buffer.from(`${TEXT}# caf\u00E9\n`, 'latin1'),
    says: /is not in UTF-8: line 3 has other bytes$/,
  },
];

group(
  'text files',
  (test) => {
    test('a list file holds one entry a line; comments and blank lines are left out', (folder) => {
      writeFileSync(join(folder, 'list'), '\uFEFFBTCUSDT # the first\r\n\r\n# none\n  ETHUSDT\n');
      assert.equal(readListFile('list', folder), ['BTCUSDT', 'ETHUSDT']);
    });

    test('byte order marks and the line ends of every system are no part of an entry', (folder) => {
      writeFileSync(join(folder, 'joined'), '\uFEFFBTCUSDT\r\n\uFEFFETHUSDT\rDOGEUSDT\n');
      assert.equal(readListFile('joined', folder), ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT']);
    });

    for (const { encoding, bytes, says } of OTHER_ENCODINGS) {
      test(`a file in ${encoding} is a usage failure that says so`, (folder) => {
        writeFileSync(join(folder, 'encoded'), bytes);
        const failure = expectThrownFailure(() => readListFile('encoded', folder));
        assert.is(failure.exitCode, 2);
        assert.match(failure.message, says);
        assert.match(failure.hint ?? '', /expected UTF-8/);
      });
    }

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
