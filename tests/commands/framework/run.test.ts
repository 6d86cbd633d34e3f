import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { fault } from '../../loopback/faults.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from '../run-in-process.js';

const NOW = Date.parse('2025-06-01T12:00:05Z');

interface Shell {
  exchange: Loopback;
  cwd: string;
  env: Record<string, string>;
  database: TestDatabase;
  run: (...argv: string[]) => Promise<ProcessResult>;
}

interface Document {
  command: string;
  ok: boolean;
  exitCode: number;
  jobId: number | null;
  symbols: Record<string, unknown>[];
  error?: { code: string; message: string };
  [extra: string]: unknown;
}

const parse = (ended: ProcessResult) => JSON.parse(ended.stdout) as Document;

// the tests depend on their order: each uses the rows that those before it stored
group<Shell>(
  'commands over one database',
  (test) => {
    test('a plan is printed and nothing is stored; --exit-code reports that something would change', async ({
      run,
    }) => {
      const plan = await run('backfill', 'BTCUSDT', '--hours', '1', '--dry-run', '--exit-code', '--json');
      assert.is(plan.exitCode, 10, plan.stderr);
      const document = parse(plan);
      assert.is(document.ok, true);
      assert.is(document.jobId, null);
      assert.equal(document.symbols[0]!.range, { from: '2025-06-01T11:00:00Z', to: '2025-06-01T12:00:00Z' });
      const rebuilt = parse(await run('rebuild', '--all', '--json'));
      assert.equal(rebuilt.symbols, []);
    });

    test('backfill prints one row a symbol, and messages stay off standard output', async ({ run }) => {
      const ended = await run('backfill', 'btcusdt', 'ETHUSDT', '--hours', '10');
      assert.is(ended.exitCode, 0, ended.stderr);
      const [range, titles, ...rows] = ended.stdout.trimEnd().split('\n');
      assert.is(range, 'range: 2025-06-01T02:00Z..2025-06-01T12:00Z (600 min)');
      assert.match(titles!, /^symbol +asked +inserted/);
      const closing = rows.pop();
      assert.equal(
        rows.map((row) => row.split(' ')[0]),
        ['BTCUSDT', 'ETHUSDT'],
      );
      assert.match(rows[0]!, /^BTCUSDT +1,000 +1,000/);
      assert.match(closing!, /^2 of 2 filled, \d+\.\d s$/);
    });

    test('--json is one document whose job is recorded', async ({ run }) => {
      const document = parse(await run('backfill', 'BTCUSDT', '--minutes', '30', '--json'));
      assert.is(document.command, 'backfill');
      assert.is(document.exitCode, 0);
      assert.type(document.jobId, 'number');
      assert.is(document.symbols[0]!.ok, true);
      assert.is(document.symbols[0]!.valid, 30);
      assert.not('error' in document);
    });

    test('one of several symbols that fails is reported on stderr, with exit 3', async ({ run }) => {
      const ended = await run('backfill', 'BTCUSDT', 'NOSUCHCOIN', '--minutes', '5');
      assert.is(ended.exitCode, 3);
      assert.match(ended.stdout, /^BTCUSDT +2025/m);
      assert.match(ended.stderr, /^error: .*NOSUCHCOIN/m);
    });

    test('in JSON the symbols say which failed, and the error counts them', async ({ run }) => {
      const { ok, symbols, error } = parse(await run('backfill', 'BTCUSDT', 'NOSUCHCOIN', '--minutes', '5', '--json'));
      assert.is(ok, false);
      assert.equal(
        symbols.map(({ symbol, ok: isOk, error: failed }) => [
          symbol,
          isOk,
          (failed as { code: string } | undefined)?.code,
        ]),
        [
          ['BTCUSDT', true, undefined],
          ['NOSUCHCOIN', false, 'UNKNOWN_SYMBOL'],
        ],
      );
      assert.equal(error, { code: 'UNKNOWN_SYMBOL', message: '1 of 2 symbols did not succeed: NOSUCHCOIN' });
    });

    test('a single symbol that fails is the error of the run, as text and as JSON', async ({ run }) => {
      const people = await run('ingest', 'NOSUCHCOIN');
      assert.is(people.exitCode, 1);
      assert.is(people.stdout, '');
      assert.match(people.stderr, /^error: .*NOSUCHCOIN/m);
      const document = parse(await run('ingest', 'NOSUCHCOIN', '--json'));
      assert.is(document.ok, false);
      assert.is(document.symbols[0]!.ok, false);
      assert.is(document.error?.code, 'UNKNOWN_SYMBOL');
    });

    test('symbols come from a file, from CHARTCTL_SYMBOLS in .env, or from the database', async ({ run, cwd }) => {
      writeFileSync(join(cwd, 'symbols.txt'), '# ours\nETHUSDT\n');
      writeFileSync(join(cwd, '.env'), 'CHARTCTL_SYMBOLS=btcusdt\n');
      const symbolsOf = (ended: ProcessResult) => parse(ended).symbols.map(({ symbol }) => symbol);
      assert.equal(symbolsOf(await run('rebuild', '--symbols-file', 'symbols.txt', '--json')), ['ETHUSDT']);
      assert.equal(symbolsOf(await run('rebuild', '--json')), ['BTCUSDT']);
      assert.equal(symbolsOf(await run('rebuild', '--all', '--json')), ['BTCUSDT', 'ETHUSDT']);
      rmSync(join(cwd, '.env'));
    });

    test('ingest names the minute it stored', async ({ run, exchange }) => {
      exchange.clock.advance(60_000);
      const ended = await run('ingest', 'BTCUSDT');
      assert.is(ended.exitCode, 0, ended.stderr);
      assert.match(ended.stdout, /^BTCUSDT +2025-06-01T12:00Z +1 +yes +BINANCE 1$/m);
    });

    test('clean counts what it would change with samples, and lists it with --verbose', async ({ run }) => {
      const ended = await run('clean', 'ETHUSDT', '--dry-run', '--sigma', '0.5', '--exit-code');
      assert.is(ended.exitCode, 10, ended.stderr);
      const time = String.raw`2025-0\d-\d\dT\d\d:\d\dZ`;
      const sum = String.raw`^ETHUSDT: would change, flag as volume_spike: \d+ min(?: in \d+ stretches)?, ${time}\.\.${time}`;
      assert.match(ended.stdout, new RegExp(`${sum}, such as ${time}(, ${time}){4}$`, 'm'));
      const whole = await run('clean', 'ETHUSDT', '--dry-run', '--sigma', '0.5', '--verbose');
      assert.ok((whole.stdout.match(/^ETHUSDT: would flag 2025-0\d-\d\dT\d\d:\d\dZ: volume /gm) ?? []).length > 50);
    });

    test('a training set is written to a file, and its manifest and hash are shown', async ({ run, cwd }) => {
      const ended = await run(
        'export-training-set',
        'ETHUSDT',
        '--out',
        'train.jsonl',
        '--from',
        '2025-06-01T11:00Z',
        '--to',
        '2025-06-01T12:00Z',
        '--json',
      );
      assert.is(ended.exitCode, 0, ended.stderr);
      const lines = readFileSync(join(cwd, 'train.jsonl'), 'utf8').trimEnd().split('\n');
      assert.is(lines.length, 60);
      const [file] = (parse(ended) as unknown as { files: { path: string; manifest: string; sha256: string }[] }).files;
      assert.is(file!.path, join(cwd, 'train.jsonl'));
      assert.ok(existsSync(file!.manifest));
      assert.match(file!.sha256, /^[0-9a-f]{64}$/);
    });

    test('a training set on standard output is alone there; the table goes to stderr', async ({ run }) => {
      const ended = await run(
        'export-training-set',
        'ETHUSDT',
        '--out',
        '-',
        '--from',
        '2025-06-01T11:00Z',
        '--to',
        '2025-06-01T12:00Z',
      );
      assert.is(ended.exitCode, 0, ended.stderr);
      const lines = ended.stdout.trimEnd().split('\n');
      assert.is(lines.length, 61);
      assert.match(lines[0]!, /^symbol,timestamp,/);
      assert.match(ended.stderr, /^ETHUSDT +2025-06-01T11:00Z/m);
    });

    test('a target that cannot be written is exit 1 and is named', async ({ run }) => {
      const ended = await run('export-training-set', 'ETHUSDT', '--out', 'no/such/folder/train.csv', '--window', '60');
      assert.is(ended.exitCode, 1);
      assert.match(ended.stderr, /^error: .*no\/such\/folder/m);
    });

    test('--require-ready writes nothing, says so and is exit 3', async ({ run, cwd }) => {
      const range = ['--from', '2025-05-01', '--to', '2025-06-01'];
      const argv = ['export-training-set', 'ETHUSDT', '--out', 'ready.csv', ...range, '--require-ready'];
      const ended = await run(...argv);
      assert.is(ended.exitCode, 3, ended.stderr);
      assert.not(existsSync(join(cwd, 'ready.csv')));
      assert.match(ended.stdout, /left out: 2025-05-01T00:00Z\.\./);
      const message =
        /nothing was written: 1 of 1 symbols is not ready: ETHUSDT \(44640 of 44640 minutes are missing or not valid: 2025-05-01T00:00Z/;
      assert.match(ended.stderr, new RegExp(`^error: ${message.source}`, 'm'));
      const document = parse(await run(...argv, '--json'));
      assert.equal([document.isWritten, document.files, document.error!.code], [false, [], 'NOT_READY']);
      assert.match(document.error!.message, message);
      assert.equal([document.symbols[0]!.ok, document.symbols[0]!.isReady], [false, false]);
    });

    test('check-retrain exits 10 only with --exit-code', async ({ run }) => {
      const answer = await run('check-retrain', 'ETHUSDT', '--json');
      assert.is(answer.exitCode, 0, answer.stderr);
      assert.is(parse(answer).isDue, true);
      assert.is((await run('check-retrain', 'ETHUSDT', '--exit-code')).exitCode, 10);
      assert.is((await run('check-retrain', 'ETHUSDT', '--mark-trained')).exitCode, 0);
      assert.is((await run('check-retrain', 'ETHUSDT', '--exit-code')).exitCode, 0);
    });

    test('migrate lists its changes', async ({ run }) => {
      const again = await run('migrate');
      assert.is(again.exitCode, 0);
      assert.match(again.stdout, 'nothing to do');
      const status = parse(await run('migrate', '--status', '--exit-code', '--json'));
      assert.is(status.exitCode, 0);
      assert.equal(status.pending, []);
    });

    test('a stopped job ends with 130 and a message', async ({ cwd, env }) => {
      const ended = await runInProcess(['backfill', 'BTCUSDT', '--days', '1', '--json'], { cwd, env, isStopped: true });
      assert.is(ended.exitCode, 130, ended.stderr);
      assert.is(parse(ended).ok, false);
    });

    test('when the exchange clock does not answer, a notice names the clock that is used; --quiet hides it', async ({
      run,
      exchange,
    }) => {
      exchange.faults.always(fault.reset(), { path: '/api/v3/time' });
      const local = ['rebuild', 'BTCUSDT'];
      const window = ['report', 'BTCUSDT', '--days', '1', '--out', 'page.html'];
      const loud = await run(...window);
      assert.match(loud.stderr, /^note: .*clock/m);
      assert.is((await run(...window, '--quiet')).stderr, '');
      assert.ok((parse(await run(...window, '--json')).notices as string[]).length > 0);
      assert.is((await run(...local)).exitCode, 0);
      exchange.faults.clear();
    });
  },
  { setup: openShell, teardown: closeShell },
);

async function openShell(): Promise<Shell> {
  const cwd = mkdtempSync(join(tmpdir(), 'chartctl-shell-'));
  // the last one is a server if there is one: it opens faster
  const database = await databases().at(-1)!.create();
  const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT', 'ETHUSDT']), nowMs: NOW });
  const { config } = database;
  const place = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const env = { ...exchange.environment, ...place };
  const run = (...argv: string[]) => runInProcess(argv, { cwd, env });
  const migrated = await run('migrate');
  if (migrated.exitCode !== 0) throw new Error(migrated.stderr);
  return { exchange, cwd, env, database, run };
}

async function closeShell({ exchange, database, cwd }: Shell): Promise<void> {
  await exchange.close();
  await database.drop();
  rmSync(cwd, { recursive: true });
}
