import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../src/core/minute.js';
import { dayFile, entryOf } from '../../src/exchange/archive/archive-file.js';
import { toArchiveCsv } from '../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { writeZip } from '../../src/exchange/replay/write-zip.js';
import { memorySource } from '../loopback/memory-source.js';
import { type CommandLine, commandLineGroup, NOW } from './command-line-group.js';

const FILE = dayFile('BTCUSDT', NOW - 3 * DAY_MS);
const CANDLES = generateCandles('BTCUSDT', FILE.range);

/** What the tests read of the documents of import and history. */
interface Document {
  symbols: { planned: unknown[]; plannedMinutes: number; files: { path: string }[] }[];
  changes: { jobId: number }[];
  files: unknown[];
}

function parseDocument(text: string): Document {
  return JSON.parse(text) as Document;
}

function writeDay({ folder }: CommandLine): void {
  const csv = toArchiveCsv(FILE, memorySource({ BTCUSDT: CANDLES }));
  writeFileSync(join(folder, FILE.name), writeZip(entryOf(FILE), csv, FILE.range.to));
}

commandLineGroup('chartctl import', (test) => {
  test('wrong usage exits 2 before anything is imported', async (line) => {
    writeDay(line);
    const { exitCode, stderr } = await line.run('import', FILE.name, 'absent.zip', '--exit-code', '--symbol', 'a b');
    assert.is(exitCode, 2);
    assert.match(stderr, /"absent\.zip" does not exist \(expected files or folders\)/);
    assert.match(stderr, /--exit-code needs --dry-run/);
    assert.match(stderr, /symbol "a b" was not understood/);
    assert.is((await line.run('import')).exitCode, 2);
  });

  test('--dry-run shows the plan, and with --exit-code exits 10', async (line) => {
    const { exitCode, stdout } = await line.run('import', '.', '--dry-run', '--exit-code', '--json');
    assert.is(exitCode, 10, stdout);
    const document = parseDocument(stdout);
    assert.equal(document.symbols[0]!.planned, [{ from: '2025-05-29T00:00:00Z', to: '2025-05-30T00:00:00Z' }]);
    assert.is(document.symbols[0]!.files[0]!.path, join(line.folder, FILE.name));
  });

  test('a file that is refused is named, and the exit code is 3', async (line) => {
    writeFileSync(join(line.folder, 'BTCUSDT-1m-2024-05.zip'), 'no zip');
    writeFileSync(join(line.folder, 'ETHUSDT-1h-2024-05.zip'), 'no zip');
    const { exitCode, stdout, stderr } = await line.run('import', FILE.name, '.');
    assert.is(exitCode, 3, stderr);
    assert.match(stdout, /^BTCUSDT +2025-05-29T00:00Z\.\.2025-05-30T00:00Z \(1440 min\) +1 +1 +1,440 +1,440 +1,440 /m);
    assert.match(stdout, /^BTCUSDT: not imported: .*BTCUSDT-1m-2024-05\.zip: it is not a zip$/m);
    assert.match(stdout, /^not imported: .*ETHUSDT-1h-2024-05\.zip: it holds 1h, expected 1m$/m);
    const again = await line.run('import', FILE.name, '--json');
    assert.equal([again.exitCode, parseDocument(again.stdout).symbols[0]!.plannedMinutes], [0, 0]);
  });

  test('history names the file that a row came from', async (line) => {
    const at = '2025-05-29T20:00Z';
    const [path, hash] = [join(line.folder, FILE.name), sha256(readFileSync(join(line.folder, FILE.name)))];
    const { stdout } = await line.run('history', 'BTCUSDT', '--at', at);
    const [event, file, now] = stdout.split('\n');
    assert.match(event!, /job \d+ \(import\) +row 2025-05-29 20:00:00\+00 +insert: open /);
    assert.is(file, `  from ${FILE.name}, SHA-256 ${hash.slice(0, 12)}, ${path}`);
    assert.match(now!, /^now: /);
    const document = parseDocument((await line.run('history', 'BTCUSDT', '--at', at, '--json')).stdout);
    const ranges = [{ from: '2025-05-29T20:00:00Z', to: '2025-05-29T20:01:00Z' }];
    const { jobId } = document.changes[0]!;
    assert.equal(document.files, [{ url: path, name: FILE.name, sha256: hash, jobId, ranges }]);
    // a row that a later job replaced has the file of its first event only
    await line.inStore(({ knex }) =>
      knex('rolling_chart_data')
        .where({ symbol: 'BTCUSDT', timestamp: new Date(at) })
        .update({ volume: -1 }),
    );
    await line.run('backfill', 'BTCUSDT', '--from', at, '--to', '2025-05-29T20:01Z', '--via', 'api');
    const lines = (await line.run('history', 'BTCUSDT', '--at', at)).stdout.split('\n');
    assert.equal(
      lines.map((text) => /(import|backfill)\)|^ +from|^now/.exec(text)?.[0]),
      ['import)', '  from', 'backfill)', 'now', undefined],
    );
  });

  test('the rows of a CSV that are left out are counted', async (line) => {
    const { openTime, open, high, low, close, volume } = CANDLES[0]!;
    const row = [openTime - DAY_MS, open, high, low, close, volume].join(',');
    const rows = [`${row},BINANCE`, `${row},BINANCE`, `${row},FALLBACK`];
    writeFileSync(join(line.folder, 'own.csv'), `timestamp,open,high,low,close,volume,source\n${rows.join('\n')}\n`);
    const { exitCode, stdout } = await line.run('import', 'own.csv', '--symbol', 'btcusdt');
    assert.is(exitCode, 0);
    assert.match(stdout, /own\.csv: 1 repeated rows; 1 rows of another source than Binance$/m);
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
