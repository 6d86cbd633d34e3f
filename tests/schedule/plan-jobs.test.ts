import * as assert from 'uvu/assert';
import { planJobs, planForGithub } from '../../src/schedule/plan-jobs.js';
import { group } from '../harness/group.js';
import { ALL_JOBS, ALL_SETTINGS } from './machine.js';

const lineOf = (args: readonly string[]) => args.join(' ');

group('the jobs of a schedule', (test) => {
  test('maintain the table: ingest each minute, backfill of 2 hours each hour, clean with repair and backfill of days each day', () => {
    const jobs = planJobs({ symbols: ['BTCUSDT'] });
    assert.equal(
      jobs.map(({ args, when }) => [lineOf(args), when]),
      [
        ['ingest --lock-wait 30 --if-locked skip --quiet BTCUSDT', { every: 'minute' }],
        ['backfill --hours 2 --if-locked skip --quiet BTCUSDT', { every: 'hour', minute: 7 }],
        ['clean --repair --if-locked skip --quiet BTCUSDT', { every: 'day', hour: 0, minute: 17 }],
        ['backfill --days 4 --if-locked skip --quiet BTCUSDT', { every: 'day', hour: 12, minute: 27 }],
      ],
    );
  });

  test('export and check as asked, and none of them overlaps with itself', () => {
    assert.equal(
      ALL_JOBS.map(({ name }) => name),
      ['ingest', 'backfill', 'clean', 'catch-up', 'export', 'check-retrain'],
    );
    for (const { args } of ALL_JOBS) assert.match(lineOf(args), ' --if-locked skip --quiet ');
    assert.match(lineOf(ALL_JOBS[4]!.args), /^export-training-set --out \/data\/train.csv /);
    assert.match(lineOf(ALL_JOBS[5]!.args), '--exec python train.py --webhook https://trainer.example.com/due ');
  });

  test('ping by their own name where the URL has a place for it, else only ingest pings', () => {
    const pinged = (pingUrl: string) =>
      planJobs({ ...ALL_SETTINGS, pingUrl }).map(({ args }) => args[args.indexOf('--ping-url') + 1]);
    assert.equal(pinged('https://hc.example.com/{job}').slice(0, 2), [
      'https://hc.example.com/ingest',
      'https://hc.example.com/backfill',
    ]);
    assert.equal(
      pinged('https://hc.example.com/1').map((url) => url?.startsWith('https')),
      [true, false, false, false, false, false],
    );
  });

  test('take their symbols from the call, from a file at each run, from the database, or from the configuration', () => {
    const ends = (symbols: typeof ALL_SETTINGS.symbols) => lineOf(planJobs({ symbols })[0]!.args).split('--quiet')[1];
    assert.is(ends('all'), ' --all');
    assert.is(ends({ file: '/etc/symbols' }), ' --symbols-file /etc/symbols');
    assert.is(ends([]), '');
    assert.is(ends(['BTC', '-X']), ' -- BTC -X');
  });

  test('name what they write and which secrets they need', () => {
    assert.equal(ALL_JOBS[0]!.writes, ['/var/lib/metrics/chartctl.prom']);
    assert.equal(ALL_JOBS[4]!.writes, ['/data/train.csv', '/var/lib/metrics/chartctl.prom']);
    assert.equal(ALL_JOBS[4]!.secrets, ['DATABASE_URL']);
    assert.equal(ALL_JOBS[5]!.secrets, ['DATABASE_URL', 'CHARTCTL_WEBHOOK_SECRET']);
  });

  test('without the maintenance jobs are the exports and checks', () => {
    assert.equal(
      planForGithub(ALL_SETTINGS).map(({ name }) => name),
      ['export', 'check-retrain'],
    );
    assert.match(lineOf(planForGithub(ALL_SETTINGS)[1]!.args), /^check-retrain --github-output /);
    assert.equal(planForGithub({ symbols: 'all' }), []);
  });

  test('write times into a log file, and little without one', () => {
    const [logged] = planJobs({ symbols: ['BTCUSDT'], output: 'log file' });
    assert.is(lineOf(logged!.args), 'ingest --lock-wait 30 --if-locked skip --log-format json BTCUSDT');
    const check = planJobs({ ...ALL_SETTINGS, output: 'log file' })[5]!;
    assert.match(lineOf(check.args), ' --if-locked skip --log-format json --json ');
  });
});
