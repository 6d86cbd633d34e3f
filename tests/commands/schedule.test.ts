import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { group } from '../harness/group.js';
import { runInProcess } from './run-in-process.js';

const PASSWORD = 'hunter2-geheim';
const URL_WITH_PASSWORD = `https://me:${PASSWORD}@example.com/x`;
const K8S = ['kubernetes', 'BTCUSDT', '--image', 'chartctl'];

/** Wrong arguments, and the message. */
const WRONG: [argv: string[], says: RegExp][] = [
  [[], /missing required argument/],
  [['anacron', 'BTCUSDT'], /the scheduler was "anacron"\nhint: +expected crontab, systemd, github-actions, kubernetes/],
  [['crontab'], /no symbol was named/],
  [['crontab', 'BTC/USDT'], /symbol "BTC\/USDT" was not understood/],
  [['crontab', '--symbols-file', 'nowhere'], /file "nowhere" was not found/],
  [['crontab', 'BTCUSDT', '--image', 'x'], /--image is only for kubernetes/],
  [
    [...K8S, '--user', 'x', '--metrics-file', 'x.prom'],
    /--user is only for crontab, systemd; --metrics-file is only for/,
  ],
  [['kubernetes', 'BTCUSDT'], /--image was not given/],
  [[...K8S, '--namespace', 'A b'], /--namespace was "A b"/],
  [[...K8S, '--export', '/data/x.csv'], /--export needs --volume-claim/],
  [[...K8S, '--export', 'x.csv', '--volume-claim', 'sets'], /--export was "x.csv"\nhint: +expected an absolute path/],
  [['github-actions', 'BTCUSDT'], /exports and checks only/],
  [['crontab', 'BTCUSDT', '--user', 'root; rm -rf'], /--user was "root; rm -rf"/],
  [
    ['crontab', 'BTCUSDT', '--export', 'train.txt'],
    /--export was "train.txt"\nhint: +expected a name that ends in .csv/,
  ],
  [['crontab', 'BTCUSDT', '--export', 'x.csv', '--export-at', '24:00'], /--export-at was "24:00"/],
  [['crontab', 'BTCUSDT', '--export-at', '01:00'], /--export-at needs --export/],
  [['crontab', 'BTCUSDT', '--exec', 'train'], /--exec needs --check-retrain/],
  [['crontab', 'BTCUSDT', '--check-retrain', '--exec', 'train "x'], /has a " that is never closed/],
  [['crontab', 'BTCUSDT', '--check-retrain', '--webhook', 'ftp://x'], /--webhook was not understood/],
  [['crontab', 'BTCUSDT', '--metrics-file', 'x.txt'], /--metrics-file was "x.txt"/],
  [['crontab', 'BTCUSDT', '--ping-url', 'hc'], /--ping-url was not understood/],
  [['crontab', 'BTCUSDT', '--ping-url', URL_WITH_PASSWORD], /--ping-url holds a password\nhint: +put it into the env/],
  [['systemd', 'BTCUSDT', '--check-retrain', '--exec', `x ${URL_WITH_PASSWORD}`], /--exec holds a password/],
  [
    ['crontab', 'BTCUSDT', '--check-retrain', '--exec', 'x --db postgres://u:pa"ss@h/db --name "y"'],
    /--exec holds a password/,
  ],
  [['crontab', 'BTCUSDT', '--log-file', 'a\n* * * * * root evil'], /--log-file holds a line break/],
  [['systemd', 'BTCUSDT', '--env-file', 'a\nExecStart=/evil'], /--env-file holds a line break/],
  [
    ['crontab', ...Array.from({ length: 120 }, (_, i) => `SYMBOL${i}USDT`)],
    /expected at most 998: list the symbols in a file/,
  ],
];

group(
  'chartctl schedule',
  (test) => {
    for (const [argv, says] of WRONG) {
      const title = argv.join(' ').replace(PASSWORD, '***').slice(0, 90);
      test(`is refused and makes nothing: ${JSON.stringify(title)}`, async (cwd) => {
        const before = readdirSync(cwd);
        const { exitCode, stdout, stderr } = await runInProcess(['schedule', ...argv, '--out', 'made'], { cwd });
        assert.is(exitCode, 2);
        assert.match(stderr, says);
        assert.not.match(stdout + stderr, PASSWORD);
        assert.equal(readdirSync(cwd), before);
      });
    }

    test('opens no database, and shows nothing of its address', async (cwd) => {
      const env = {
        DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/x`,
        PGPASSWORD: PASSWORD,
        CHARTCTL_FALLBACK: 'okx',
      };
      for (const target of [
        ['crontab'],
        ['systemd'],
        ['github-actions', '--check-retrain'],
        ['kubernetes', '--image', 'x'],
      ]) {
        const { exitCode, stdout, stderr } = await runInProcess(['schedule', ...target, 'BTCUSDT'], { cwd, env });
        assert.is(exitCode, 0, stderr);
        assert.not.match(stdout + stderr, PASSWORD);
        assert.not.match(stdout, /127\.0\.0\.1/);
      }
      const { stdout } = await runInProcess(['schedule', 'crontab', 'BTCUSDT'], { cwd, env });
      assert.match(stdout, 'are set in your environment: CHARTCTL_DATA_DIR, PGPASSWORD, CHARTCTL_FALLBACK\n');
    });

    test('makes paths absolute, and uses the .env of the working directory', async (cwd) => {
      writeFileSync(join(cwd, '.env'), '');
      writeFileSync(join(cwd, 'symbols.txt'), 'BTCUSDT\n');
      const flags = ['--symbols-file', 'symbols.txt', '--export', 'x.csv', '--log-file', 'log'];
      const { stdout } = await runInProcess(['schedule', 'crontab', ...flags], { cwd });
      rmSync(join(cwd, '.env'));
      const command = `/usr/bin/node --env-file=${cwd}/.env /usr/local/bin/chartctl ingest `;
      assert.match(stdout, new RegExp(`^\\* \\* \\* \\* \\* sleep 3; ${command}`, 'm'));
      assert.match(stdout, `--symbols-file ${cwd}/symbols.txt > /dev/null 2>> ${cwd}/log `);
      assert.match(stdout, `--out ${cwd}/x.csv `);
      const trained = await runInProcess(['schedule', 'crontab', '--all', '--check-retrain', '--exec', 'python x.py'], {
        cwd,
      });
      assert.match(trained.stdout, ` cd ${cwd} && /usr/bin/node `);
    });

    test('a crontab of this user needs no root; with --user files are where services have them', async (cwd) => {
      const env = { HOME: join(cwd, 'home') };
      const make = async (...flags: string[]) =>
        (await runInProcess(['schedule', ...flags, 'BTCUSDT'], { cwd, env })).stdout;
      const own = await make('crontab');
      assert.match(own, `#   [ -e ${cwd}/home/chartctl.env ] || install -m 600 /dev/null ${cwd}/home/chartctl.env\n`);
      assert.match(own, ` --env-file=${cwd}/home/chartctl.env `);
      assert.match(own, ` 2>> ${cwd}/home/chartctl.log `);
      assert.not.match(own, /\/(etc|var)\//);
      const ofUser = await make('crontab', '--user', 'chartctl');
      assert.match(ofUser, / --env-file=\/etc\/chartctl\.env .* 2>> \/var\/log\/chartctl\.log /);
      assert.match(await make('systemd'), 'EnvironmentFile=/etc/chartctl.env\n');
    });

    test('for another machine the symbols of a file are named, and paths are not changed', async (cwd) => {
      writeFileSync(join(cwd, 'symbols.txt'), 'BTCUSDT ETHUSDT\n');
      const flags = ['--symbols-file', 'symbols.txt', '--export', 'x.csv'];
      const { stdout } = await runInProcess(['schedule', 'github-actions', ...flags], { cwd });
      assert.match(stdout, '--out x.csv --require-ready --if-locked skip --quiet BTCUSDT ETHUSDT');
    });

    test('passes the path of the configuration file to the jobs instead of its settings', async (cwd) => {
      const folder = join(cwd, 'configured');
      mkdirSync(folder);
      const settings = {
        symbols: ['BTCUSDT'],
        metricsFile: 'm/x.prom',
        lockWait: 20,
        hooks: { exec: 'python train.py' },
      };
      writeFileSync(join(folder, 'chartctl.config.json'), JSON.stringify(settings));
      const { stdout, stderr } = await runInProcess(['schedule', 'systemd', '--check-retrain'], { cwd: folder });
      const file = `${folder}/chartctl.config.json`;
      assert.match(
        stdout,
        `chartctl ingest --if-locked skip --quiet --config ${file} --metrics-file ${folder}/m/x.prom\n`,
        stderr,
      );
      assert.match(stdout, `ReadWritePaths=${folder}/m\n`);
      assert.match(stdout, `check-retrain --if-locked skip --quiet --json --config ${file}`);
      assert.match(stdout, 'It runs a program of yours');
      const elsewhere = await runInProcess(['schedule', 'kubernetes', '--image', 'x'], { cwd: folder });
      assert.match(elsewhere.stdout, `\n# Not included: the settings of ${file}, other than symbols.\n`);
      assert.match(elsewhere.stdout, '- BTCUSDT\n');
    });

    test('neither pings nor writes metrics itself: only its jobs do', async (cwd) => {
      const flags = ['--ping-url', 'http://127.0.0.1:1/{job}', '--metrics-file', 'x.prom'];
      const { exitCode, stdout, stderr } = await runInProcess(['schedule', 'crontab', 'BTCUSDT', ...flags], { cwd });
      assert.equal([exitCode, stderr], [0, '']);
      assert.match(stdout, `--ping-url http://127.0.0.1:1/clean --metrics-file ${cwd}/x.prom `);
      assert.not.ok(readdirSync(cwd).includes('x.prom'));
    });

    test('--out writes the files and lists the next steps; existing files are replaced only with --force', async (cwd) => {
      const write = (...flags: string[]) =>
        runInProcess(['schedule', 'systemd', 'BTCUSDT', '--out', 'units', ...flags], { cwd });
      const first = await write();
      assert.equal([first.exitCode, first.stderr], [0, '']);
      const names = ['backfill', 'catch-up', 'clean', 'ingest'].flatMap((name) => [
        `chartctl-${name}.service`,
        `chartctl-${name}.timer`,
      ]);
      assert.equal(readdirSync(join(cwd, 'units')).sort(), names);
      assert.match(first.stdout, `${cwd}/units/chartctl-ingest.timer\n`);
      const [, next] = first.stdout.split('\nnext:\n');
      assert.match(next!, `  cd ${cwd}/units\n`);
      assert.match(next!, 'systemctl enable --now');
      const shell = spawnSync('sh', ['-n'], { input: next!, encoding: 'utf8' });
      assert.equal([shell.status, shell.stderr], [0, ''], 'the steps are valid shell commands');
      assert.ok(
        next!.split('\n').every((line) => /^( {2}(cd|id|install|\[|systemctl|#) ?.*|)$/.test(line)),
        next,
      );

      const service = join(cwd, 'units', 'chartctl-ingest.service');
      writeFileSync(service, 'mine');
      rmSync(join(cwd, 'units', 'chartctl-ingest.timer'));
      const second = await write();
      assert.is(second.exitCode, 2);
      assert.match(second.stderr, /files exist already: .*chartctl-ingest.service.*\nhint: +give --force/);
      assert.is(readFileSync(service, 'utf8'), 'mine');
      assert.is(readdirSync(join(cwd, 'units')).length, 7, 'nothing was written');

      const { stderr } = await runInProcess(['schedule', 'systemd', 'BTCUSDT', '--force'], { cwd });
      assert.match(stderr, '--force needs --out');
      assert.is((await write('--force')).exitCode, 0);
      assert.match(readFileSync(service, 'utf8'), '[Service]');
    });

    test('--json has the files and the steps', async (cwd) => {
      const { stdout } = await runInProcess(['schedule', 'crontab', '--all', '--json'], { cwd });
      const document = JSON.parse(stdout) as { ok: boolean; files: { path: string; text: string }[]; steps: string[] };
      assert.is(document.ok, true);
      assert.is(document.files[0]!.path, 'chartctl');
      assert.match(document.files[0]!.text, 'CRON_TZ=UTC\n');
      assert.ok(document.steps.length > 0);
    });

    test('its help keeps the column of the flags narrow, however many schedulers there are', async (cwd) => {
      const { stdout } = await runInProcess(['schedule', '--help'], { cwd });
      assert.match(stdout, 'crontab|systemd|github-actions|kubernetes  the scheduler\n');
      assert.match(stdout, /^ {2}--all {1,22}all symbols that the database holds$/m);
    });

    test('refuses to name a chartctl that npx may remove', async (cwd) => {
      const program = { node: '/usr/bin/node', script: '/root/.npm/_npx/1a2b/node_modules/.bin/chartctl' };
      const { exitCode, stderr } = await runInProcess(['schedule', 'crontab', '--all'], { cwd, program });
      assert.is(exitCode, 2);
      assert.match(stderr, "npx's cache");
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-schedule-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
