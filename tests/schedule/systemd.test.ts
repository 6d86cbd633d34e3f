import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { splitCommand } from '../../src/core/shell-words.js';
import type { ScheduledJob } from '../../src/schedule/scheduled-job.js';
import { renderSystemd } from '../../src/schedule/systemd.js';
import { writeNewFiles } from '../../src/files/write-new-files.js';
import { findProgram } from '../harness/find-program.js';
import { group } from '../harness/group.js';
import { planJobs } from '../../src/schedule/plan-jobs.js';
import { ALL_JOBS, ALL_SETTINGS, MACHINE, ODD_CHARACTERS } from './machine.js';

const SYSTEMD = '/lib/systemd/systemd';
const NOBODY = 65534;
/** Programs that are there: systemd looks. */
const HERE = { ...MACHINE, node: process.execPath, script: '/usr/local/bin/chartctl', logFile: undefined };
const ODD_PATH = `/tmp/it's 100% "odd" $HOME`;

const unitOf = (name: string, jobs = ALL_JOBS, machine: Parameters<typeof renderSystemd>[1] = HERE) =>
  renderSystemd(jobs, machine).files.find(({ path }) => path === name)!.text;

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-units-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

group('systemd units', (test) => {
  test('are a service and a timer for each job', () => {
    assert.equal(
      renderSystemd(ALL_JOBS, HERE).files.map(({ path }) => path),
      ALL_JOBS.flatMap(({ name }) => [`chartctl-${name}.service`, `chartctl-${name}.timer`]),
    );
  });

  test('start 3 s after the minute, exports and checks 30 s, to the second, in UTC, and catch up on missed runs', () => {
    const timers = ALL_JOBS.map(({ name }) => unitOf(`chartctl-${name}.timer`));
    assert.equal(
      timers.map((text) => /^OnCalendar=(.*)$/m.exec(text)![1]),
      [
        ...['*-*-* *:*:03 UTC', '*-*-* *:07:03 UTC', '*-*-* 00:17:03 UTC', '*-*-* 12:27:03 UTC'],
        ...['*-*-* 00:37:30 UTC', '*-*-* *:47:30 UTC'],
      ],
    );
    for (const text of timers) {
      for (const line of ['AccuracySec=1s', 'Persistent=true', 'WantedBy=timers.target']) assert.match(text, line);
    }
  });

  test('run once, as a user, with the environment file, by absolute paths, and not for ever', () => {
    const text = unitOf('chartctl-ingest.service');
    for (const line of ['Type=oneshot', 'User=chartctl', 'EnvironmentFile=/etc/chartctl.env', 'TimeoutStartSec=5min'])
      assert.ok(text.split('\n').includes(line), line);
    assert.match(text, `ExecStart=${HERE.node} ${HERE.script} ingest --lock-wait 30 --if-locked skip --quiet `);
  });

  test('may write only what the job writes; one that runs a program of the user may do more', () => {
    assert.match(unitOf('chartctl-backfill.service'), /^ProtectSystem=strict\nReadWritePaths=\/var\/lib\/metrics$/m);
    assert.match(unitOf('chartctl-export.service'), /^ReadWritePaths=\/data \/var\/lib\/metrics$/m);
    assert.match(unitOf('chartctl-export.service'), /^PrivateTmp=yes$/m);
    const inTmp = ALL_JOBS.map((job) => ({ ...job, writes: ['/tmp/train.csv'] }));
    assert.not.match(unitOf('chartctl-export.service', inTmp), 'PrivateTmp');
    const training = unitOf('chartctl-check-retrain.service');
    assert.match(training, 'NoNewPrivileges=yes');
    assert.not.match(training, /Protect|Private/);
    assert.match(training, 'TimeoutStartSec=infinity');
    assert.match(training, '\nWorkingDirectory=/srv/trainer\n');
    assert.not.match(unitOf('chartctl-export.service'), 'WorkingDirectory');
  });

  test('append to a log file when there is one, else log to the journal, without tables', () => {
    assert.match(unitOf('chartctl-ingest.service'), 'StandardOutput=null\nStandardError=journal\n');
    const jobs = planJobs({ ...ALL_SETTINGS, output: 'journal' });
    for (const name of ['export', 'check-retrain']) {
      const text = unitOf(`chartctl-${name}.service`, jobs);
      assert.match(text, 'StandardOutput=journal\nStandardError=journal\n');
      assert.match(text, / --quiet --json /, 'a result is one line');
    }
    const logged = unitOf('chartctl-ingest.service', ALL_JOBS, { ...HERE, logFile: '/var/log/100%.log' });
    assert.match(logged, 'StandardOutput=null\nStandardError=append:/var/log/100%%.log\n');
    const check = unitOf('chartctl-check-retrain.service', ALL_JOBS, { ...HERE, logFile: '/var/log/x.log' });
    assert.match(check, 'StandardOutput=append:/var/log/x.log\n');
  });

  if (!findProgram('systemd-analyze')) {
    for (const title of ['systemd-analyze verify accepts the units', 'systemd-analyze knows when the timers elapse'])
      test.skip(title, 'no systemd-analyze here: apt install systemd');
    return;
  }

  test('systemd-analyze verify accepts the units', () => {
    inFolder((folder) => {
      const odd = ALL_JOBS.map((job) => ({ ...job, args: [...job.args, ODD_PATH], writes: [`${ODD_PATH}/x`] }));
      for (const jobs of [ALL_JOBS, odd]) {
        const paths = writeNewFiles(
          folder,
          renderSystemd(jobs, { ...HERE, folder: ODD_PATH, logFile: '/var/log/a b.log' }).files,
          true,
        );
        const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
        assert.equal([status, stdout, stderr], [0, '', '']);
      }
    });
  });

  test('systemd-analyze verify would refuse a unit with a fault', () => {
    inFolder((folder) => {
      const broken = renderSystemd(ALL_JOBS, HERE).files.map(({ path, text }) => ({
        path,
        text: text.replace('AccuracySec=1s', 'AccuracySec=soon').replace('Type=oneshot', 'Type=once'),
      }));
      const paths = writeNewFiles(folder, broken, true);
      const { stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
      assert.match(stderr, /Failed to parse sec value, ignoring: soon/);
      assert.match(stderr, /Failed to parse service type, ignoring: once/);
    });
  });

  test('systemd-analyze knows when the timers elapse', () => {
    const times = ALL_JOBS.map(({ name }) => /^OnCalendar=(.*)$/m.exec(unitOf(`chartctl-${name}.timer`))![1]!);
    const { status, stdout } = spawnSync('systemd-analyze', ['calendar', ...times], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'Asia/Kolkata' },
    });
    assert.is(status, 0);
    const inUtc = [...stdout.matchAll(/(?:\(in UTC\)|Next elapse): \w+ \S+ (\S+) UTC/g)].map(([, time]) => time!);
    assert.is(inUtc.length, times.length, stdout);
    assert.match(inUtc[0]!, /:03$/);
    assert.equal(
      [inUtc[1]!.slice(3), inUtc[2], inUtc[3], inUtc[4], inUtc[5]!.slice(3)],
      ['07:03', '00:17:03', '12:27:03', '00:37:30', '47:30'],
    );
  });

  const cannot = existsSync(SYSTEMD) ? (process.getuid?.() === 0 ? undefined : 'needs root') : 'no systemd here';
  const title = 'systemd reads every argument of a command unchanged';
  if (cannot !== undefined) test.skip(title, cannot);
  else test(title, readBack);
});

/** Runs systemd in a mode that only loads units, and compares the commands that it read with the jobs. */
function readBack(): void {
  const oddText = fc
    .array(fc.constantFrom(...ODD_CHARACTERS), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''));
  const lists = fc.sample(fc.array(oddText, { minLength: 1, maxLength: 6 }), { numRuns: 100, seed: 5 });
  const jobs: ScheduledJob[] = lists.map((args, i) => ({ ...ALL_JOBS[0]!, name: `odd-${i}`, args }));
  inFolder((folder) => {
    const wanted = jobs.map(({ name }) => `Wants=chartctl-${name}.service\n`).join('');
    const all = { path: 'all.target', text: `[Unit]\n${wanted}` };
    writeNewFiles(folder, [...renderSystemd(jobs, HERE).files, all], true);
    chownSync(folder, NOBODY, NOBODY);
    const { stdout } = spawnSync(SYSTEMD, ['--user', '--test', '--unit=all.target'], {
      encoding: 'utf8',
      uid: NOBODY,
      gid: NOBODY,
      maxBuffer: 100_000_000,
      env: { XDG_RUNTIME_DIR: folder, SYSTEMD_UNIT_PATH: `${folder}:/lib/systemd/system` },
    });
    const commands = new Map<string, string>();
    for (const [, name, body] of stdout.matchAll(/-> Unit chartctl-(odd-\d+)\.service:\n([^]*?)(?=-> Unit|$)/g))
      commands.set(name!, /Command Line: (.*)/.exec(body!)?.[1] ?? '');
    for (const { name, args } of jobs) {
      assert.equal(wordsOf(commands.get(name) ?? ''), [HERE.node, HERE.script, ...args]);
    }
  });
}

/** The words of a command line as systemd prints it: in quotes where need be, and with its own `$$` for a dollar. */
function wordsOf(commandLine: string): string[] {
  const words = splitCommand(commandLine);
  assert.not.match(words.join('').replaceAll('$$', ''), '$', 'a variable would be filled in');
  return words.map((word) => word.replaceAll('$$', '$'));
}
