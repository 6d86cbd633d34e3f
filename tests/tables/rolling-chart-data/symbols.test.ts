import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { findKnownSymbols, saveSymbols } from '../../../src/tables/rolling-chart-data/symbols.js';
import { group } from '../../harness/group.js';

group<string>(
  'the symbols that are saved for completion',
  (test) => {
    for (const name of ['symbols.txt', 'symbols.txt.tmp']) {
      test(`are not written through a link at ${name}`, async (dataDir) => {
        const target = join(dataDir, `target of ${name}`);
        writeFileSync(target, 'kept');
        symlinkSync(target, join(dataDir, name));
        saveSymbols(dataDir, ['BTCUSDT']);
        assert.is(readFileSync(target, 'utf8'), 'kept');
        assert.equal(await findKnownSymbols({ kind: 'embedded', dataDir }, 'B'), ['BTCUSDT']);
        rmSync(join(dataDir, 'symbols.txt'));
      });
    }

    test('are saved after a process that was killed while it wrote them', (dataDir) => {
      writeFileSync(join(dataDir, 'symbols.txt.tmp'), 'BTC');
      saveSymbols(dataDir, ['ETHUSDT']);
      saveSymbols(dataDir, ['BTCUSDT', 'ETHUSDT']);
      assert.is(readFileSync(join(dataDir, 'symbols.txt'), 'utf8'), 'BTCUSDT\nETHUSDT\n');
      assert.not(readdirSync(dataDir).includes('symbols.txt.tmp'));
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-known-symbols-')),
    teardown: (dataDir) => rmSync(dataDir, { recursive: true }),
  },
);
