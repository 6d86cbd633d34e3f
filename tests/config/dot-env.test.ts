import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readDotEnv } from '../../src/config/dot-env.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const URL_LINE = 'DATABASE_URL=postgres://user@127.0.0.1:1/platform';

group(
  '.env',
  (test) => {
    const write = (folder: string, content: string | Buffer) => writeFileSync(join(folder, '.env'), content);

    test('holds a variable a line, with or without quotes', (folder) => {
      write(folder, 'CHARTCTL_SYMBOLS="BTCUSDT"\nCHARTCTL_FALLBACK=okx\n# no\nOTHER=1\n');
      assert.equal({ ...readDotEnv(folder) }, { CHARTCTL_SYMBOLS: 'BTCUSDT', CHARTCTL_FALLBACK: 'okx', OTHER: '1' });
    });

    test('that is absent is not a problem', (folder) => {
      assert.equal(readDotEnv(join(folder, 'nowhere')), {});
    });

    test('that cannot be read is a usage failure', (folder) => {
      mkdirSync(join(folder, 'sub', '.env'), { recursive: true });
      assert.match(expectThrownFailure(() => readDotEnv(join(folder, 'sub'))).message, /\.env" is a folder$/);
    });

    const read: [what: string, text: string][] = [
      ['begins with a byte order mark', `\uFEFF${URL_LINE}\n`],
      ['has one at a later line', `OTHER=1\n\uFEFF${URL_LINE}\n`],
      ['ends its lines with CR LF', `OTHER=1\r\n${URL_LINE}\r\n`],
      ['ends its lines with CR', `OTHER=1\r${URL_LINE}\r`],
      ['has lines that begin with "export"', `  export ${URL_LINE}\n`],
    ];
    for (const [what, text] of read) {
      test(`that ${what} sets DATABASE_URL`, (folder) => {
        write(folder, text);
        assert.is(readDotEnv(folder).DATABASE_URL, 'postgres://user@127.0.0.1:1/platform');
      });
    }

    test('in UTF-16 is a usage failure that names the encoding', (folder) => {
      write(folder, Buffer.from(`\uFEFF${URL_LINE}\r\n`, 'utf16le'));
      const failure = expectThrownFailure(() => readDotEnv(folder));
      assert.is(failure.exitCode, 2);
      assert.match(failure.message, /\.env" is in UTF-16, little-endian$/);
    });

    const misread = [
      'set DATABASE_URL=x',
      '$env:DATABASE_URL = "x"',
      'setx DATABASE_URL x',
      'DATABASE_URL: x',
      'DATABASE_URL: postgres://u@h/db?a=b',
      'DATABASE_URL postgres://u@h/db?a=b',
      '"DATABASE_URL": "x"',
      '\tDATABASE_URL=x',
      'export\tDATABASE_URL=x',
      'export  DATABASE_URL=x',
      '- DATABASE_URL=x',
      '\u00A0DATABASE_URL=x',
      '\u200BDATABASE_URL=x',
    ];
    for (const line of misread) {
      test(`with the line ${JSON.stringify(line)} is refused, because that does not set the variable`, (folder) => {
        write(folder, `OTHER=1\n${line}\n`);
        const failure = expectThrownFailure(() => readDotEnv(folder));
        assert.match(failure.message, /\.env" line 2 does not set DATABASE_URL$/);
        assert.match(failure.hint ?? '', /^expected DATABASE_URL=value on a line of its own;/);
      });
    }

    const swallowed: [what: string, before: string, after: string][] = [
      ['a line without "="', 'OTHER', ''],
      ['a line without a name', '=1', ''],
      ['an open quotation', 'OTHER="1', 'MORE="2"'],
    ];
    for (const [what, before, after] of swallowed) {
      test(`with ${what} before the variable is refused because it hides the variable`, (folder) => {
        write(folder, `${before}\n${URL_LINE}\n${after}\n`);
        const failure = expectThrownFailure(() => readDotEnv(folder));
        assert.match(failure.message, /\.env" line 2 does not set DATABASE_URL$/);
      });
    }

    test('may name the variables in comments, in other variables and in values', (folder) => {
      write(folder, '# DATABASE_URL: x\nMY_DATABASE_URL: x\nNOTE="set DATABASE_URL=x"\n; DATABASE_URL=x\n');
      assert.is(readDotEnv(folder).DATABASE_URL, undefined);
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
