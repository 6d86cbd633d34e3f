import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { shellGroup } from '../harness/shell-world.js';

// runs the built program, which loads the page's script from its own folder
shellGroup('chartctl report', (test) => {
  test('an empty database gives no page, but a note', async ({ run, folder }) => {
    await run('migrate');
    const { exitCode, stdout, stderr } = await run('report', '--out', 'page.html');
    assert.equal([exitCode, stdout], [0, '']);
    assert.match(stderr, /the database holds no symbol yet/);
    assert.is(existsSync(join(folder, 'page.html')), false);
  });

  test('writes the page and nothing else, and prints its size and hash', async ({ run, runJson, folder }) => {
    await run('backfill', 'BTCUSDT', 'ETHUSDT', '--hours', '12');
    const before = readdirSync(folder);
    const document = await runJson('report', '--all', '--hours', '6', '--out', 'page.html');
    const page = readFileSync(join(folder, 'page.html'));
    assert.equal([document.exitCode, document.jobId], [0, null]);
    const sha256 = createHash('sha256').update(page).digest('hex');
    assert.equal(document.files, [{ path: join(folder, 'page.html'), bytes: page.length, sha256 }]);
    assert.equal(document.symbols[0], {
      ...{ symbol: 'BTCUSDT', ok: true, range: { from: '2025-06-01T06:00:00Z', to: '2025-06-01T12:00:00Z' } },
      ...{ rows: 360, valid: 360, openFlags: 0, gapCount: 0, bySource: { BINANCE_BACKFILL: 360 }, isReady: true },
    });
    assert.equal(
      document.symbols.map(({ symbol }) => symbol),
      ['BTCUSDT', 'ETHUSDT'],
    );
    assert.match(page.toString(), /<script>"use strict";/);
    assert.equal(readdirSync(folder).sort(), [...before, 'page.html'].sort());
  });

  test('--out - is the same page on standard output, the table then goes to stderr', async ({ run, folder }) => {
    const { exitCode, stdout, stderr } = await run('report', 'BTCUSDT', 'ETHUSDT', '--hours', '6', '--out', '-');
    assert.is(exitCode, 0);
    assert.is(stdout, readFileSync(join(folder, 'page.html'), 'utf8'));
    assert.match(stderr, /2025-06-01T06:00Z\.\.2025-06-01T12:00Z \(360 min\)[^]*\nBTCUSDT +360 +360/);
  });

  test('an absent folder is reported as missing', async ({ run, folder }) => {
    const { exitCode, stdout, stderr } = await run('report', 'BTCUSDT', '--out', 'nowhere/page.html');
    assert.equal([exitCode, stdout], [1, '']);
    assert.match(stderr, /error: cannot write ".*nowhere\/page\.html": its folder does not exist\nhint: /);
    assert.is(existsSync(join(folder, 'nowhere')), false);
  });

  test('a range that has not begun is refused', async ({ run }) => {
    const range = ['--from', '2025-06-01T12:00Z', '--to', '2025-06-01T13:00Z'];
    const { exitCode, stderr } = await run('report', 'BTCUSDT', '--out', 'later.html', ...range);
    assert.is(exitCode, 2);
    assert.match(stderr, /2025-06-01T12:00Z\.\.2025-06-01T13:00Z \(60 min\) has not closed yet/);
  });
});
