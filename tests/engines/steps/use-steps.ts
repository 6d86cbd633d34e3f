import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between, type Step, toSteps } from './step.js';
import { SYMBOLS } from './steps-world.js';

/** They send statements that earlier steps have sent. */
const REPEATS = [
  'status as a table',
  'doctor as the owner',
  'history of a symbol',
  'export as gzipped CSV of a range',
  'export as Parquet',
  'export to standard output',
  'export --require-ready of a window that is not',
  'commands leave retired symbols out',
  'rebuild of listed minutes',
  'undo of clean --keep is refused or done alike',
];

/** What reads the tables: status, history, exports, retraining; then retention and the way back. */
export const USE_STEPS: readonly Step[] = toSteps(
  'use',
  {
    status: { run: (w) => w.chartctl('status', '--all', '--json'), tellsEngine: true },
    'status of days, compared with the fallback exchanges': {
      run: (w) => w.chartctl('status', ...SYMBOLS.slice(0, 3), '--days', '2', '--sources', '--json'),
      tellsEngine: true,
    },
    'status as a table': { run: (w) => w.chartctl('status', '--all', '--ascii'), tellsEngine: true },
    list: (w) => w.chartctl('list', '--csv', '--fast'),
    'list with valid rows and sources': { run: (w) => w.chartctl('list', '--json'), tellsEngine: true },
    doctor: { run: (w) => w.chartctl('doctor', ...SYMBOLS, '--json'), tellsEngine: true },
    'doctor after a job died': {
      run: async (w) => {
        await w.sql(`INSERT INTO chartctl_jobs (command, symbols, host, pid, started_at, outcome)
        VALUES ('backfill', '{BTCUSDT}', 'other', 1, now() - interval '1 hour', 'running')`);
        await w.chartctl('doctor', 'BTCUSDT', '--json');
      },
      tellsEngine: true,
    },
    'doctor of a window with a hole': {
      run: async (w) => {
        await w.sql(`DELETE FROM rolling_chart_data WHERE symbol = 'BTCUSDT' AND timestamp = '${w.at(100)}'`);
        await w.chartctl('doctor', 'BTCUSDT', '--json');
        await w.chartctl('backfill', 'BTCUSDT', '--json');
      },
      tellsEngine: true,
    },
    'doctor as the owner': { run: (w) => w.asOwner('doctor', ...SYMBOLS, '--json'), tellsEngine: true },
    jobs: (w) => w.chartctl('jobs', '--limit', '40', '--json'),
    history: (w) => w.chartctl('history', '--limit', '1000', '--json'),
    'history of a symbol': (w) => w.chartctl('history', 'SOLUSDT', '--limit', '1000', '--json'),
    'history of a minute': (w) => w.chartctl('history', 'BTCUSDT', '--at', w.at(600), '--json'),
    'history of a range': (w) => w.chartctl('history', 'DOGEUSDT', ...between(w, 215, 30), '--json'),
    // it prints what it finds within a second
    'completion of symbols': { run: (w) => w.chartctl('complete-symbols', 'A'), tellsEngine: true },
    'export as CSV': (w) => w.chartctl('export-training-set', '--all', '--out', 'all.csv', '--json'),
    'export as gzipped CSV of a range': (w) =>
      w.chartctl(
        'export-training-set',
        'BTCUSDT',
        'ETHUSDT',
        ...between(w, 1_400, 700),
        '--out',
        'range.csv.gz',
        '--json',
      ),
    'export as JSON Lines in parts': (w) =>
      w.chartctl(
        'export-training-set',
        '--all',
        '--window',
        '500',
        '--split',
        '70/15/15',
        '--out',
        'parts.jsonl',
        '--json',
      ),
    'export as Parquet': (w) => w.chartctl('export-training-set', '--all', '--out', 'all.parquet', '--json'),
    'export to standard output': (w) => w.chartctl('export-training-set', 'LTCUSDT', '--window', '60', '--out', '-'),
    'export as of a job': (w) =>
      w.chartctl(
        ...['export-training-set', 'BTCUSDT', 'SOLUSDT', ...between(w, 1_400, 1_390)],
        ...['--as-of', '5', '--out', 'was.csv', '--json'],
      ),
    'export of what was known in time': (w) =>
      w.chartctl(
        ...['export-training-set', 'BTCUSDT', 'SOLUSDT', ...between(w, 1_400, 1_390)],
        ...['--known-within', '3650d', '--out', 'known.csv', '--json'],
      ),
    // the past instant is of the database's clock, a year after the candles
    'status as of a job': {
      run: (w) => w.chartctl('status', 'BTCUSDT', 'SOLUSDT', '--as-of', '5', '--json'),
      tellsEngine: true,
    },
    'report as of a job': (w) =>
      w.chartctl(
        ...['report', 'BTCUSDT', 'SOLUSDT', ...between(w, 1_400, 1_300)],
        ...['--as-of', '5', '--out', 'was.html', '--json'],
      ),
    'export as of an export': async (w) => {
      const { stdout } = await w.chartctl('jobs', '--command', 'export-training-set', '--limit', '1', '--json');
      const { jobs } = JSON.parse(stdout) as { jobs: { jobId: number }[] };
      const asOf = ['--as-of', String(jobs[0]!.jobId), '--out', 'again.csv', '--json'];
      await w.chartctl('export-training-set', '--all', ...between(w, 1_400, 1_390), ...asOf);
    },
    'reproduce of a file': (w) => w.chartctl('reproduce', 'again.csv', '--json'),
    'diff of a file and the table now': (w) => w.chartctl('diff', 'was.csv', 'now', '--json'),
    'diff of a job and now': (w) => w.chartctl('diff', '5', 'now', 'BTCUSDT', 'SOLUSDT', '--json'),
    'export --require-ready of a window that is not': (w) =>
      w.chartctl('export-training-set', 'ADAUSDT', '--window', '2500', '--require-ready', '--out', 'no.csv', '--json'),
    'check-retrain without a training': (w) =>
      w.chartctl('check-retrain', '--all', '--max-age', '7d', '--no-hooks', '--json'),
    'check-retrain of more rows than there are': (w) =>
      w.chartctl('check-retrain', 'ETHUSDT', '--window', '100000', '--json'),
    'check-retrain --mark-trained': (w) => w.chartctl('check-retrain', '--all', '--mark-trained', '--json'),
    'check-retrain after a training': async (w) => {
      w.advance(20);
      await w.chartctl('ingest', '--all', '--json');
      await w.chartctl(
        'check-retrain',
        '--all',
        '--min-new-rows',
        '15',
        '--max-fallback',
        '0.1',
        '--max-drift',
        '0.1',
        '--no-hooks',
        '--json',
      );
    },
    'check-retrain --exec': (w) =>
      w.chartctl('check-retrain', 'BTCUSDT', '--threshold', '0', '--min-new-rows', '1', '--exec', 'true', '--json'),
    report: (w) => w.chartctl('report', 'BTCUSDT', 'XRPUSDT', '--hours', '24', '--out', 'report.html', '--json'),
    retire: (w) => w.chartctl('retire', 'LTCUSDT', 'BNBUSDT', '--reason', 'delisted', '--json'),
    'commands leave retired symbols out': async (w) => {
      w.advance(1);
      await w.chartctl('ingest', '--all', '--json');
      await w.chartctl('rebuild', '--all', '--json');
    },
    unretire: (w) => w.chartctl('unretire', 'LTCUSDT', '--json'),
    'rebuild of listed minutes': async (w) => {
      writeFileSync(join(w.folder, 'minutes.txt'), `${w.at(50)}\n${w.at(49)}\n`);
      await w.chartctl('rebuild', 'BTCUSDT', '--timestamps', 'minutes.txt', '--json');
    },
    'clean --keep --dry-run': (w) => w.chartctl('clean', '--all', '--keep', '1', '--dry-run', '--json'),
    'clean --keep': (w) => w.chartctl('clean', '--all', '--keep', '1', '--json'),
    'undo of clean --keep is refused or done alike': async (w) => {
      const { stdout } = await w.chartctl('jobs', '--command', 'clean', '--limit', '1', '--json');
      const { jobs } = JSON.parse(stdout) as { jobs: { jobId: number }[] };
      await w.chartctl('undo', String(jobs[0]!.jobId), '--json');
    },
    'clean --keep-history': (w) => w.asOwner('clean', '--all', '--keep-history', '1', '--json'),
    'clean --keep-history of old entries': async (w) => {
      await w.sql(`UPDATE chartctl_changes SET changed_at = '2026-01-01Z' WHERE symbol IN ('BTCUSDT', 'SOLUSDT')`);
      await w.sql(`UPDATE chartctl_inserts SET inserted_at = '2026-01-01Z' WHERE symbol = 'BTCUSDT'`);
      await w.sql(`UPDATE chartctl_jobs SET started_at = '2026-01-01Z', finished_at = '2026-01-01Z' WHERE id <= 20`);
      await w.asOwner('clean', '--all', '--keep-history', '30', '--json');
    },
    'export of a symbol without recent entries': (w) =>
      w.chartctl('export-training-set', 'BTCUSDT', '--out', 'quiet.csv', '--json'),
    'a command without a migrated table is refused alike': (w) => w.chartctl('undo', '999999', '--json'),
    'migrate --rollback keeps what holds rows': { run: (w) => w.chartctl('migrate', '--rollback'), tellsEngine: true },
    'migrate after the rollback': { run: (w) => w.chartctl('migrate'), tellsEngine: true },
    'backfill after that': (w) => w.chartctl('backfill', '--all', '--hours', '30', '--json'),
  },
  REPEATS,
);
