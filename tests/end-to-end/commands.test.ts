import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { assertMatchesReference } from '../harness/reference.js';
import { NOW, shellGroup, type JobDocument } from '../harness/shell-world.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;

/** The tests depend on each other, like the commands of a new user. */
shellGroup('the commands of a new user', (test, backend) => {
  if (backend.name === 'PostgreSQL') {
    test('before migrate, a command on a server names the command to run and exits 2', async (shell) => {
      const document = await shell.runJson('ingest', 'BTCUSDT');
      assert.is(document.exitCode, 2);
      assert.is(document.error?.hint, 'run: chartctl migrate');
      assert.match((await shell.run('backfill', 'BTCUSDT')).stderr, /was never migrated\n.*run: chartctl migrate/);
    });
  }

  test('migrate creates the tables once', async (shell) => {
    const first = await shell.runJson('migrate');
    assert.is(first.exitCode, 0);
    assert.ok((first.applied as string[]).length > 0);
    assert.equal((await shell.runJson('migrate')).applied, []);
    assert.is((await shell.runJson('migrate', '--status', '--exit-code')).exitCode, 0);
  });

  test('ingest fetches the warm-up and the window of a new symbol', async (shell) => {
    const document = await shell.runJson('ingest', ...SYMBOLS);
    assert.is(document.exitCode, 0);
    assertPerSymbol(document, { minute: '2025-06-01T11:59:00Z', stored: 1000, isStored: true, isComplete: true });
    assert.ok(document.jobId! > 0);
  });

  test('backfill --dry-run reports the requests and changes nothing', async (shell) => {
    shell.exchange.requests.length = 0;
    const document = await shell.runJson('backfill', ...SYMBOLS, '--days', '2', '--dry-run', '--exit-code');
    assert.is(document.exitCode, 10);
    assert.is(document.jobId, null);
    // two days and the warm-up before them, except the 1,000 minutes that ingest stored
    assertPerSymbol(document, { plannedMinutes: 2880 + 400 - 1000, requests: 3, weight: 6, inserted: 0 });
    assert.equal(
      shell.exchange.requests.filter(({ path }) => path.endsWith('klines')),
      [],
    );
  });

  test("backfill does what its dry run reported, and the table equals the exchange's data", async (shell) => {
    const document = await shell.runJson('backfill', ...SYMBOLS, '--days', '2');
    assert.is(document.exitCode, 0);
    assertPerSymbol(document, { inserted: 2280, requests: 3, minutes: 2880, valid: 2880, stillMissing: 0 });
    for (const symbol of SYMBOLS) {
      const rows = await shell.rows(symbol);
      const candles = generateCandles(symbol, { from: NOW - 3280 * MINUTE_MS, to: NOW });
      const numbers = ({ openTime, open, high, low, close, volume }: (typeof rows)[number]) =>
        [openTime, open, high, low, close, volume].join();
      assert.is(rows.map(numbers).join('\n'), candles.map((candle) => Object.values(candle).join()).join('\n'));
      assertMatchesReference(rows);
    }
  });

  test('clean flags the volume spikes, and a second clean changes nothing', async (shell) => {
    const flagged = await shell.runJson('clean', '--all');
    assert.is(flagged.exitCode, 0);
    assert.ok(
      flagged.symbols.every(({ flaggedByRule, openFlags }) => {
        const { volume_spike: spikes = 0 } = flaggedByRule as Record<string, number>;
        return spikes > 0 && spikes === openFlags;
      }),
    );
    assertPerSymbol(await shell.runJson('clean', '--all', '--dry-run', '--exit-code'), { changes: [] });
  });

  test("clean --repair resolves the flags by Binance's numbers", async (shell) => {
    const document = await shell.runJson('clean', '--all', '--repair');
    assert.is(document.exitCode, 0);
    assertPerSymbol(document, { repaired: 0, openFlags: 0 });
    assert.ok(document.symbols.every(({ confirmed }) => (confirmed as number) > 0));
  });

  test('rebuild finds nothing to rewrite after that', async (shell) => {
    const document = await shell.runJson('rebuild', '--all');
    assert.is(document.exitCode, 0);
    assertPerSymbol(document, { rows: 3280, rewritten: 0, complete: 2880, incomplete: 400 });
  });

  for (const format of ['csv', 'jsonl', 'parquet'] as const) {
    test(`export-training-set writes the window as ${format}, with a manifest`, async (shell) => {
      const file = join(shell.folder, `train.${format}`);
      const document = await shell.runJson('export-training-set', '--all', '--out', file, '--require-ready');
      assert.is(document.exitCode, 0);
      assertPerSymbol(document, { rows: 600, isReady: true, excluded: [] });
      const bytes = readFileSync(file);
      const rows = { csv: countLines(bytes) - 1, jsonl: countLines(bytes), parquet: 0 };
      if (format === 'parquet') rows.parquet = Number(parquetMetadata(new Uint8Array(bytes).buffer).num_rows);
      assert.is(rows[format], 1200);
      const manifest = JSON.parse(readFileSync(`${file}.datapackage.json`, 'utf8')) as Manifest;
      assert.is(manifest.resources[0].hash, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      assert.equal((document.files as { bytes: number }[])[0]!.bytes, bytes.length);
    });
  }

  test('check-retrain --exit-code exits 10 when a training is due, and 0 once it was recorded', async (shell) => {
    const due = await shell.runJson('check-retrain', '--all', '--exit-code');
    assert.is(due.exitCode, 10);
    assertPerSymbol(due, { rows: 600, replaced: 599, isDue: true });
    assert.is((await shell.runJson('check-retrain', '--all', '--mark-trained')).exitCode, 0);
    const done = await shell.runJson('check-retrain', '--all', '--exit-code');
    assert.is(done.exitCode, 0);
    assertPerSymbol(done, { replaced: 0, isDue: false });
  });

  test('without --json the output is a table with a line per symbol', async (shell) => {
    const { exitCode, stdout, stderr } = await shell.run('backfill', ...SYMBOLS);
    const [range, titles, ...lines] = stdout.trimEnd().split('\n');
    assert.is(exitCode, 0);
    assert.match(range!, /^range: .* min\)$/);
    assert.match(titles!, /^symbol +asked +/);
    assert.equal(
      lines.slice(0, SYMBOLS.length).map((line) => line.split(' ')[0]),
      SYMBOLS,
    );
    assert.match(lines.slice(SYMBOLS.length).join('\n'), /^2 of 2 filled, \d+\.\d s$/);
    assert.match(stderr, /^note: the local clock is [^\n]+\n$/);
  });

  test('every job that wrote is recorded with its outcome', async (shell) => {
    const jobs = await shell.inspect(({ knex }) =>
      knex('chartctl_jobs').orderBy('id').select<Record<string, string>[]>('command', 'outcome', 'exit_code'),
    );
    const commands = ['migrate', 'ingest', 'backfill', 'clean', 'clean', 'rebuild'];
    const others = ['export-training-set', 'check-retrain'].flatMap((command) => [command, command, command]);
    assert.equal(
      jobs.map((job) => Object.values(job).join(' ')),
      [...commands, ...others, 'backfill'].map((command) => `${command} done 0`),
    );
  });
});

interface Manifest {
  resources: [{ hash: string }];
}

/** Every symbol has these members with these values, among others. */
function assertPerSymbol({ symbols }: JobDocument, expected: Record<string, unknown>): void {
  assert.equal(
    symbols.map(({ symbol }) => symbol),
    SYMBOLS,
  );
  for (const found of symbols) {
    assert.equal(Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]])), expected, found.symbol);
  }
}

function countLines(bytes: Buffer): number {
  return bytes.toString('utf8').split('\n').length - 1;
}
