import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { group } from '../../harness/group.js';
import { type ProcessResult, runInProcess } from '../run-in-process.js';

interface Case {
  argv: string[];
  says: RegExp;
  exitCode?: number;
  env?: Record<string, string>;
}

const BTC = 'BTCUSDT';
const DAY = ['--from', '2025-06-01', '--to', '2025-06-02'];
/** The password in every address that has one: it must never be printed. */
const PASSWORD = 'hunter2-geheim';

function inMinutes(minutes: number): string {
  return `${new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 16)}Z`;
}

const CASES: Case[] = [
  // commands and flags
  { argv: ['fetch', BTC], says: /unknown command 'fetch'\nhint: +did you mean chartctl ingest\?/ },
  { argv: ['ingets', BTC], says: /unknown command 'ingets'\nhint: +did you mean chartctl ingest\?/ },
  { argv: ['export', BTC], says: /hint: +did you mean chartctl export-training-set\?/ },
  { argv: ['train'], says: /hint: +did you mean chartctl check-retrain\?/ },
  { argv: ['version'], says: /hint: +did you mean chartctl --version\?/ },
  { argv: ['compl', 'bash'], says: /hint: +did you mean chartctl completion\?/ },
  { argv: ['zzz'], says: /unknown command 'zzz'\nhint: +see: chartctl --help$/m },
  { argv: ['ingest', BTC, '--frmo', '2025-06-01'], says: /unknown option '--frmo'/ },
  { argv: ['backfill', BTC, '--hour', '3'], says: /unknown option '--hour'\nhint: +Did you mean --hours\?/ },
  {
    argv: ['backfill', BTC, '--hours'],
    says: /option '--hours <n>' argument missing\nhint: +see: chartctl backfill --help/,
  },
  { argv: ['schedule', 'kubernetes', BTC, '--containerfile'], says: /--containerfile was given with BTCUSDT/ },
  { argv: ['schedule', 'kubernetes', '--containerfile', '--user', 'me'], says: /--user is only for crontab, systemd/ },
  { argv: ['schedule', 'kubernetes', '--containerfile', '--force'], says: /--force needs --out/ },
  { argv: ['help', 'fetch'], says: /unknown command 'fetch'\nhint: +did you mean chartctl ingest\?/ },
  { argv: ['completion'], says: /missing required argument 'bash\|zsh\|fish'/ },
  { argv: ['completion', 'tcsh'], says: /the shell was "tcsh"\nhint: +expected bash, zsh, fish/ },
  { argv: ['migrate', BTC], says: /too many arguments/ },
  { argv: ['demo', BTC], says: /too many arguments/ },
  { argv: ['migrate', '--status', '--rollback'], says: /--status and --rollback exclude each other/ },
  {
    argv: ['migrate', '--rollback', '--naive-timezone', 'UTC'],
    says: /--rollback and --naive-timezone exclude each other/,
  },
  { argv: ['migrate', '--legacy-volume', 'usd'], says: /--legacy-volume was "usd"\nhint: +expected base, quote/ },
  { argv: ['undo', '1', '--exit-code'], says: /--exit-code needs --dry-run/ },
  { argv: ['migrate', '--exit-code'], says: /--exit-code needs --dry-run/ },
  { argv: ['migrate', '--where', ' '], says: /--where was empty/ },
  { argv: ['migrate', '--status', '--where', 'true'], says: /--status and --where exclude each other/ },
  // symbols
  { argv: ['ingest'], says: /no symbol was named/ },
  { argv: ['ingest', 'BTC/USDT'], says: /symbol "BTC\/USDT" was not understood\nhint: .*; did you mean BTCUSDT\?/ },
  { argv: ['ingest', "BTC'; DROP TABLE x"], says: /symbol .* was not understood/ },
  { argv: ['ingest', 'A'.repeat(21)], says: /symbol .* was not understood/ },
  { argv: ['ingest', 'BTC\u200BUSDT'], says: /symbol .* was not understood/ },
  { argv: ['ingest', ''], says: /symbol "" was not understood/ },
  { argv: ['ingest', BTC, '--all'], says: /--all and named symbols exclude each other/ },
  { argv: ['ingest', '--symbols-file', 'nowhere.txt'], says: /file "nowhere.txt" was not found/ },
  { argv: ['ingest', '--symbols-file', 'empty.txt'], says: /file "empty.txt" lists nothing/ },
  {
    argv: ['ingest', '--symbols-file', 'bad.txt'],
    says: /symbol "BTC USDT!", "\?" was not understood|symbol "USDT!", "\?"/,
  },
  { argv: ['ingest', '--symbols-file', '.'], says: /file "." is a folder/ },
  { argv: ['ingest'], env: { CHARTCTL_SYMBOLS: 'BTCUSDT,ETH/USDT' }, says: /CHARTCTL_SYMBOLS names "ETH\/USDT"/ },
  // times and ranges
  { argv: ['ingest', BTC, '--at', '2025-06-01T12:00'], says: /time "2025-06-01T12:00" has no offset/ },
  { argv: ['ingest', BTC, '--at', '2025-06-01T12:00:30Z'], says: /is not on a whole minute/ },
  { argv: ['ingest', BTC, '--at', inMinutes(30)], says: /--at ".*" is in the future/ },
  { argv: ['ingest', BTC, '--at', '2025-02-30'], says: /time "2025-02-30" does not exist/ },
  { argv: ['ingest', BTC, '--at', 'noon'], says: /time "noon" was not understood/ },
  { argv: ['ingest', BTC, '--at', ''], says: /--at was empty/ },
  { argv: ['backfill', BTC, '--from', '2025-06-02', '--to', '2025-06-01'], says: /--from is later than --to/ },
  { argv: ['backfill', BTC, '--from', '2025-06-01', '--to', '2025-06-01'], says: /the range is empty/ },
  { argv: ['backfill', BTC, '--to', '2025-06-01'], says: /--to needs --from/ },
  { argv: ['backfill', BTC, '--hours', '3', ...DAY], says: /--hours and --from exclude each other/ },
  { argv: ['backfill', BTC, '--hours', '3', '--days', '1'], says: /--hours and --days exclude each other/ },
  { argv: ['backfill', BTC, '--from', '2025-06-01', '--to', inMinutes(3000)], says: /--to ".*" is in the future/ },
  { argv: ['rebuild', BTC, '--timestamps', 'times.txt', ...DAY], says: /--timestamps and --from exclude each other/ },
  { argv: ['rebuild', BTC, '--timestamps', 'bad.txt'], says: /time "BTC USDT!" was not understood/ },
  { argv: ['rebuild', BTC, '--timestamps', 'empty.txt'], says: /file "empty.txt" lists nothing/ },
  { argv: ['rebuild', BTC, '--from', '2025-06-01T25:00Z', '--to', '2025-06-02'], says: /does not exist/ },
  // numbers
  {
    argv: ['backfill', BTC, '--hours', '0'],
    says: /--hours was "0"\nhint: +expected a whole number in the range 1 to 87600/,
  },
  { argv: ['backfill', BTC, '--hours', '-3'], says: /--hours was "-3"/ },
  { argv: ['backfill', BTC, '--hours', '1.5'], says: /--hours was "1.5"/ },
  { argv: ['backfill', BTC, '--days', '99999999'], says: /--days was "99999999"/ },
  { argv: ['backfill', BTC, '--minutes', 'ten'], says: /--minutes was "ten"/ },
  { argv: ['backfill', BTC, '--concurrency', '0'], says: /--concurrency was "0"/ },
  { argv: ['backfill', BTC, '--max-wait', 'long'], says: /--max-wait was "long"/ },
  { argv: ['backfill', BTC, '--lock-wait', '1e3'], says: /--lock-wait was "1e3"/ },
  { argv: ['backfill', BTC, '--if-locked', 'wait'], says: /--if-locked was "wait"\nhint: +expected fail, skip/ },
  { argv: ['backfill', BTC, '--exit-code'], says: /--exit-code needs --dry-run/ },
  { argv: ['clean', BTC, '--sigma', '-3'], says: /--sigma was "-3"/ },
  { argv: ['clean', BTC, '--sigma', 'Infinity'], says: /--sigma was "Infinity"/ },
  {
    argv: ['clean', BTC, '--with', 'flat_price,pump'],
    says: /there is no rule "pump"\nhint: +expected some of unsound,/,
  },
  { argv: ['clean', BTC, '--without', ' , '], says: /" , " names no rule\nhint: +expected some of unsound,/ },
  {
    argv: ['clean', BTC, '--with', 'flat_price', '--without', 'price_jump,FLAT_PRICE'],
    says: /--with and --without both name flat_price/,
  },
  { argv: ['clean', BTC, '--flat-minutes', '5'], says: /--flat-minutes needs --with flat_price/ },
  { argv: ['clean', BTC, '--with', 'flat_price', '--flat-minutes', '1'], says: /--flat-minutes was "1"/ },
  { argv: ['clean', BTC, '--keep', '0'], says: /--keep was "0"/ },
  { argv: ['clean', BTC, '--accept', '2025-06-01T12:00Z'], says: /--accept needs --reason/ },
  { argv: ['clean', BTC, '--accept', 'all-open', '--reason', ' '], says: /--reason was empty/ },
  { argv: ['clean', BTC, '--reason', 'because'], says: /--reason needs --accept/ },
  { argv: ['clean', BTC, '--accept', 'everything', '--reason', 'x'], says: /time "everything" was not understood/ },
  {
    argv: ['clean', BTC, '--accept', 'all-open', '--accept', '2025-06-01', '--reason', 'x'],
    says: /--accept all-open and --accept TIME exclude each other/,
  },
  // report
  { argv: ['report', BTC], says: /--out was not given\nhint: +name a file, or - for standard output/ },
  { argv: ['report', BTC, '--out', ''], says: /--out was empty/ },
  { argv: ['report', BTC, '--out', '-', '--json'], says: /--json and --out - both need standard output/ },
  { argv: ['report', BTC, '--out', 'r.html', '--days', '2', ...DAY], says: /--days and --from exclude each other/ },
  { argv: ['report', BTC, '--out', 'r.html', '--days', '0'], says: /--days was "0"/ },
  { argv: ['report', BTC, '--out', 'r.html', '--sigma', '-1'], says: /--sigma was "-1"/ },
  { argv: ['check-retrain', BTC, '--threshold', '1.5'], says: /--threshold was "1.5"/ },
  { argv: ['check-retrain', BTC, '--threshold', '5%'], says: /--threshold was "5%"/ },
  { argv: ['check-retrain', BTC, '--window', '0'], says: /--window was "0"/ },
  { argv: ['check-retrain', BTC, '--exec', 'train "now'], says: /has a " that is never closed/ },
  {
    argv: ['check-retrain', BTC, '--exec', 'train', '--mark-trained'],
    says: /--mark-trained and --exec exclude each other/,
  },
  { argv: ['check-retrain', BTC, '--max-age', '7'], says: /--max-age was "7"\nhint: +expected a number with its unit/ },
  {
    argv: ['check-retrain', BTC, '--max-age', '10s'],
    says: /--max-age was "10s"\nhint: .* in the range 1 min to 3650 d/,
  },
  { argv: ['check-retrain', BTC, '--min-new-rows', '0'], says: /--min-new-rows was "0"/ },
  { argv: ['check-retrain', BTC, '--min-new-rows', '1.5'], says: /--min-new-rows was "1.5"/ },
  { argv: ['check-retrain', BTC, '--max-fallback', '10%'], says: /--max-fallback was "10%"/ },
  { argv: ['check-retrain', BTC, '--max-drift', '2'], says: /--max-drift was "2"/ },
  { argv: ['export-training-set', BTC, '--out', 'x.csv', '--known-within', '2'], says: /--known-within was "2"/ },
  { argv: ['check-retrain', BTC, '--exec-timeout', '1h'], says: /--exec-timeout needs --exec/ },
  { argv: ['check-retrain', BTC, '--exec', 'train', '--exec-timeout', '30d'], says: /--exec-timeout was "30d"/ },
  { argv: ['check-retrain', BTC, '--exec', '" "'], says: /--exec was "\\" \\""/ },
  {
    argv: ['check-retrain', BTC, '--webhook', 'https://x.example.com', '--mark-trained'],
    says: /--mark-trained and --webhook exclude each other/,
  },
  {
    argv: ['check-retrain', BTC, '--webhook', 'https://x.example.com'],
    says: /--webhook needs a secret to sign with, and CHARTCTL_WEBHOOK_SECRET is not set\nhint: +set it in/,
  },
  {
    argv: ['check-retrain', BTC, '--webhook', 'https://x.example.com'],
    env: { CHARTCTL_WEBHOOK_SECRET: PASSWORD.slice(0, 7) },
    says: /CHARTCTL_WEBHOOK_SECRET has 7 characters/,
  },
  {
    argv: ['check-retrain', BTC, '--webhook', `ftp://me:${PASSWORD}@x.example.com`],
    env: { CHARTCTL_WEBHOOK_SECRET: PASSWORD },
    says: /--webhook begins with "ftp:"/,
  },
  {
    argv: ['check-retrain', BTC, '--webhook', `https://me:${PASSWORD}@:99999`],
    env: { CHARTCTL_WEBHOOK_SECRET: PASSWORD },
    says: /--webhook was not understood\nhint: +expected a URL/,
  },
  { argv: ['check-retrain', BTC, '--exec', 'train', '--no-hooks'], says: /--exec and --no-hooks exclude each other/ },
  {
    argv: ['check-retrain', BTC, '--github-output'],
    says: /--github-output was given, but GITHUB_OUTPUT is not set/,
  },
  { argv: ['clean', BTC, '--keep-history', '0'], says: /--keep-history was "0"/ },
  // files
  { argv: ['import'], says: /missing required argument 'files'/ },
  { argv: ['import', 'nowhere.zip'], says: /"nowhere\.zip" does not exist/ },
  { argv: ['import', '.', '--symbol', 'BTC USDT'], says: /symbol "BTC USDT" was not understood/ },
  { argv: ['import', '.', '--exit-code'], says: /--exit-code needs --dry-run/ },
  // looking back
  { argv: ['undo'], says: /missing required argument 'job'/ },
  { argv: ['undo', 'last'], says: /job "last" is not a number/ },
  { argv: ['undo', '0'], says: /job "0" is not a number/ },
  { argv: ['undo', '1', '2'], says: /too many arguments/ },
  { argv: ['retire'], says: /missing required argument 'symbols'/ },
  { argv: ['retire', 'BTC USDT'], says: /symbol "BTC USDT" was not understood/ },
  { argv: ['retire', BTC, '--reason', ' '], says: /--reason was empty/ },
  { argv: ['unretire'], says: /missing required argument 'symbols'/ },
  { argv: ['history', 'BTC/USDT'], says: /symbol "BTC\/USDT" was not understood/ },
  { argv: ['history', '--at', '2025-06-01T12:00Z'], says: /--at needs a symbol/ },
  { argv: ['history', BTC, '--at', '2025-06-01T12:00'], says: /has no offset/ },
  { argv: ['history', BTC, '--at', '2025-06-01', ...DAY], says: /--at and --from exclude each other/ },
  { argv: ['history', ...DAY], says: /--from needs a symbol/ },
  { argv: ['jobs', '--limit', '0'], says: /--limit was "0"/ },
  { argv: ['jobs', BTC, '--command', ''], says: /--command was empty/ },
  // export
  { argv: ['export-training-set', BTC], says: /--out was not given/ },
  { argv: ['export-training-set', BTC, '--out', 't.xls', '--format', 'excel'], says: /--format was "excel"/ },
  { argv: ['export-training-set', BTC, '--out', '-', '--json'], says: /--json and --out - both need standard output/ },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--window', '600', ...DAY],
    says: /--window and --from exclude/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.xls'],
    says: /--out ends in ".xls", which is not a format\nhint: +expected \.csv, \.csv\.gz, /,
  },
  { argv: ['export-training-set', BTC, '--out', 't.csv.zip'], says: /--out ends in ".zip", which is not a format/ },
  {
    argv: ['export-training-set', BTC, '--out', 't.parquet.gz'],
    says: /hint: +a parquet file is compressed by itself/,
  },
  { argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '80'], says: /time "80" was not understood/ },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '80/30'],
    says: /--split was "80\/30"\nhint: +expected two/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '25/25/25/25'],
    says: /--split was "25\/25\/25\/25"/,
  },
  {
    argv: ['export-training-set', BTC, '--out', '-', '--split', '80/20'],
    says: /--split writes several files, and --out - is not a file/,
  },
  { argv: ['export-training-set', BTC, '--out', 't.csv', '--embargo', '5'], says: /--embargo needs --split/ },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '80/20', '--embargo', '-1'],
    says: /--embargo was "-1"/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '80/20', '--embargo', '480'],
    says: /the train part would be empty: it has 480 min, of which the embargo takes 480/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '80/20', '--window', '2', '--embargo', '0'],
    says: /the test part would be empty: it has 0 min/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '2025-06-02', ...DAY],
    says: /the cut at 2025-06-02T00:00Z is not inside 2025-06-01T00:00Z/,
  },
  {
    argv: ['export-training-set', BTC, '--out', 't.csv', '--split', '2025-06-01T18:00Z,2025-06-01T06:00Z', ...DAY],
    says: /--split was "2025-06-01T18:00Z,2025-06-01T06:00Z"/,
  },
  // status
  {
    argv: ['status', BTC, '--days', '0'],
    says: /--days was "0"\nhint: +expected a whole number in the range 1 to 366/,
  },
  { argv: ['status', 'BTC/USDT'], says: /symbol "BTC\/USDT" was not understood/ },
  { argv: ['status', BTC, '--all'], says: /--all and named symbols exclude each other/ },
  { argv: ['status', '--if-locked', 'skip'], says: /unknown option '--if-locked'/ },
  // verify
  { argv: ['verify', BTC, '--flag', '--repair'], says: /--flag and --repair exclude each other/ },
  { argv: ['verify', BTC, '--revised'], says: /--revised needs --repair/ },
  { argv: ['verify', BTC, '--flag', '--replace-fallback'], says: /--replace-fallback needs --repair/ },
  { argv: ['verify', BTC, '--days', '1', ...DAY], says: /--days and --from exclude each other/ },
  { argv: ['verify', BTC, '--hours', 'all'], says: /--hours was "all"/ },
  // monitors
  {
    argv: ['ingest', BTC, '--metrics-file', 'metrics.txt'],
    says: /--metrics-file was "metrics.txt"\nhint: +expected a name that ends in .prom/,
  },
  { argv: ['status', BTC, '--metrics-file', ''], says: /--metrics-file was empty/ },
  { argv: ['ingest', BTC, '--ping-url', `ftp://me:${PASSWORD}@h/x`], says: /^error: --ping-url was not understood\n/m },
  { argv: ['ingest', BTC, '--ping-url', PASSWORD], says: /--ping-url was not understood/ },
  { argv: ['status', BTC, '--ping-url', 'https://hc-ping.com/x'], says: /unknown option '--ping-url'/ },
  { argv: ['jobs', '--log-format', 'xml'], says: /--log-format was "xml"\nhint: +expected text, json/ },
  { argv: ['doctor', 'BTC/USDT'], says: /symbol "BTC\/USDT" was not understood/ },
  { argv: ['doctor', BTC, '--all'], says: /--all and named symbols exclude each other/ },
  { argv: ['doctor', '--fix'], says: /unknown option '--fix'/ },
  // configuration
  { argv: ['ingest', BTC], env: { CHARTCTL_FALLBACK: 'bybit,mtgox' }, says: /CHARTCTL_FALLBACK names "mtgox"/ },
  {
    argv: ['ingest', BTC],
    env: { CHARTCTL_BINANCE_URL: 'api.binance.com' },
    says: /CHARTCTL_BINANCE_URL was "api.binance.com"/,
  },
  { argv: ['ingest', BTC], env: { CHARTCTL_OKX_URL: 'ftp://okx.com' }, says: /CHARTCTL_OKX_URL was "ftp:\/\/okx.com"/ },
  {
    argv: ['migrate'],
    env: { DATABASE_URL: `mysql://me:${PASSWORD}@db/x` },
    says: /DATABASE_URL begins with "mysql:\/\/"/,
  },
  {
    argv: ['migrate'],
    env: { DATABASE_URL: `postgres://me:${PASSWORD}@db:99999/x` },
    says: /DATABASE_URL was not understood/,
  },
  {
    argv: ['migrate'],
    env: { DATABASE_URL: `me:${PASSWORD}@db/x` },
    says: /DATABASE_URL (begins with|was not understood)/,
  },
  { argv: ['migrate'], env: { DATABASE_URL: `postgres://me:${PASSWORD} x@db/x` }, says: /./, exitCode: 75 },
  // the database
  {
    argv: ['ingest', BTC],
    env: { DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/x` },
    says: /refused the connection/,
    exitCode: 75,
  },
  {
    argv: ['migrate'],
    env: { DATABASE_URL: `postgres://me:${PASSWORD}@no-such-host.invalid/x` },
    says: /host name that cannot be/,
    exitCode: 75,
  },
  {
    argv: ['migrate'],
    env: { CHARTCTL_DATA_DIR: '/dev/null/x' },
    says: /directory ".dev.null.x" cannot be written: ENOTDIR/,
  },
  { argv: ['rebuild', BTC], env: { CHARTCTL_DATA_DIR: 'empty.txt' }, says: /empty.txt/ },
];

/** The contents of a folder, to check that no file was created. */
const contents = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

function checkMessage(ended: ProcessResult, { says, exitCode = 2 }: Case): void {
  assert.is(ended.exitCode, exitCode, ended.stderr);
  assert.match(ended.stderr, says);
  assert.is(ended.stderr.match(/^error: /gm)?.length, 1, ended.stderr);
  assert.not.match(ended.stderr, /\n +at /);
  assert.not.match(ended.stdout + ended.stderr, PASSWORD);
}

group(
  'wrong input',
  (test) => {
    for (const bad of CASES) {
      const setting = Object.entries(bad.env ?? {}).map(
        ([name, value]) => `${name}=${value.replace(PASSWORD, '***')} `,
      );
      test(`${setting.join('')}chartctl ${bad.argv.join(' ')}`, async (folder) => {
        const cwd = join(folder, 'cwd');
        const before = contents(folder);

        const forPeople = await runInProcess(bad.argv, { cwd, ...(bad.env && { env: bad.env }) });
        checkMessage(forPeople, bad);
        assert.is(forPeople.stdout === '', !bad.argv.includes('--json'));

        const forPrograms = await runInProcess([...bad.argv, '--json'], { cwd, ...(bad.env && { env: bad.env }) });
        assert.is(forPrograms.exitCode, forPeople.exitCode);
        assert.not.match(forPrograms.stdout + forPrograms.stderr, PASSWORD);
        const document = JSON.parse(forPrograms.stdout) as Record<string, unknown>;
        assert.is(document.ok, false);
        assert.is(document.exitCode, forPeople.exitCode);
        assert.equal(document.symbols, []);
        assert.type((document.error as { message: unknown }).message, 'string');

        assert.equal(contents(folder), before, 'a file was created or removed');
      });
    }
  },
  { setup: prepare, teardown: (folder) => rmSync(folder, { recursive: true }) },
);

function prepare(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-bad-'));
  const cwd = join(folder, 'cwd');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'empty.txt'), '# nothing here\n');
  writeFileSync(join(cwd, 'bad.txt'), 'BTC USDT!\n?\n');
  writeFileSync(join(cwd, 'times.txt'), '2025-06-01T12:00Z\n');
  return folder;
}
