import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Failure } from '../../src/core/failure.js';
import { MAX_COMMAND_BYTES, renderCrontab } from '../../src/schedule/crontab.js';
import { planJobs } from '../../src/schedule/plan-jobs.js';
import { group } from '../harness/group.js';
import { ALL_JOBS, MACHINE, ODD_CHARACTERS } from './machine.js';

const textOf = (jobs = ALL_JOBS, machine: Parameters<typeof renderCrontab>[1] = MACHINE) =>
  renderCrontab(jobs, machine).files[0]!.text;
const jobLines = (text: string) => text.split('\n').filter((line) => /^[\d*]/.test(line));
const oddText = fc.array(fc.constantFrom(...ODD_CHARACTERS), { maxLength: 12 }).map((parts) => parts.join(''));

group('the crontab', (test) => {
  test('has a line for each job: times, user, delay, absolute paths, the log, a line to mail on failure', () => {
    const lines = jobLines(textOf());
    assert.equal(
      lines.map((line) => line.split(';')[0]),
      [
        ...['* * * * * chartctl sleep 3', '7 * * * * chartctl sleep 3', '17 0 * * * chartctl sleep 3'],
        '27 12 * * * chartctl sleep 3',
        ...['37 0 * * * chartctl sleep 30', '47 * * * * chartctl sleep 30'], // after ingest of the same minute
      ],
    );
    assert.equal(
      lines.map((line) => line.includes(' > /dev/null 2>> ')),
      [true, true, true, true, false, false],
      'what exports and checks find is in the log',
    );
    assert.match(lines[5]!, ' >> /var/log/chartctl.log 2>&1 || echo ');
    assert.is(
      jobLines(textOf(planJobs({ symbols: ['BTCUSDT'] })))[0],
      '* * * * * chartctl sleep 3; /usr/bin/node --env-file=/etc/chartctl.env /usr/local/bin/chartctl ' +
        'ingest --lock-wait 30 --if-locked skip --quiet BTCUSDT > /dev/null 2>> /var/log/chartctl.log ' +
        '|| echo "chartctl ingest ended with $?, see" /var/log/chartctl.log',
    );
  });

  test('sets CRON_TZ, the shell and the path, and holds the commands that install it', () => {
    const text = textOf();
    for (const line of ['CRON_TZ=UTC', 'SHELL=/bin/sh']) assert.ok(text.split('\n').includes(line), line);
    assert.match(text, /^PATH=.*\/usr\/bin/m);
    assert.match(text, '#   install -m 644 chartctl /etc/cron.d/chartctl');
    assert.match(text, '#   id chartctl || useradd --system --no-create-home chartctl\n');
    assert.match(text, 'MAILTO=""');
    assert.ok(text.endsWith('\n'), 'cron ignores a last line without an end');
  });

  test("without a user is for the user's own crontab", () => {
    const text = textOf(ALL_JOBS, { ...MACHINE, user: undefined });
    assert.match(text, /^\* \* \* \* \* sleep 3; /m);
    assert.match(text, 'crontab -l; cat chartctl');
    assert.not.match(text, 'useradd');
  });

  test('names the variables that are set, and no value', () => {
    const text = textOf(ALL_JOBS, { ...MACHINE, variables: ['DATABASE_URL', 'PGPASSWORD', 'CHARTCTL_FALLBACK'] });
    assert.match(text, 'these, which are set in your environment: PGPASSWORD, CHARTCTL_FALLBACK\n');
  });

  test('names the secret of a webhook, which the jobs find nowhere else', () => {
    assert.match(textOf(), "#   CHARTCTL_WEBHOOK_SECRET='...'\n");
    const text = textOf(ALL_JOBS, { ...MACHINE, variables: ['CHARTCTL_WEBHOOK_SECRET'] });
    assert.is(text.match(/CHARTCTL_WEBHOOK_SECRET/g)?.length, 1);
    assert.not.match(textOf(planJobs({ symbols: 'all' })), 'CHARTCTL_WEBHOOK_SECRET');
  });

  test('the commands that install it keep an existing environment file and log', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-steps-'));
    const machine = {
      ...MACHINE,
      user: userInfo().username,
      environmentFile: join(folder, "it's.env"),
      logFile: join(folder, 'a log'),
    };
    const made = renderCrontab(ALL_JOBS, machine).steps.filter((step) => !step.includes('/etc/cron.d/'));
    const type = () => spawnSync('sh', ['-e', '-c', made.join('\n')], { encoding: 'utf8' });
    const read = () => [machine.environmentFile, machine.logFile].map((file) => readFileSync(file, 'utf8'));
    try {
      assert.equal([type().status, read()], [0, ['', '']]);
      assert.is(statSync(machine.environmentFile).mode & 0o777, 0o600);
      for (const file of [machine.environmentFile, machine.logFile]) writeFileSync(file, 'kept');
      const again = type();
      assert.equal([again.status, again.stderr, read()], [0, '', ['kept', 'kept']]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('runs a program of the user in the folder where the schedule was made', () => {
    const lines = jobLines(textOf());
    assert.match(lines.at(-1)!, ' sleep 30; cd /srv/trainer && /usr/bin/node ');
    assert.not.match(lines.slice(0, -1).join('\n'), /\bcd /);
    const odd = textOf(ALL_JOBS, { ...MACHINE, folder: "/srv/it's 100%" });
    assert.match(odd, String.raw`; cd '/srv/it'\''s 100\%' && /usr/bin/node `);
  });

  test('names the paths that its user must have access to', () => {
    assert.match(textOf(), '# chartctl must be able to write into /var/lib/metrics, /data\n');
    assert.not.match(textOf(), '# chartctl must be able to read /');
    assert.match(textOf(), ' /dev/null /etc/chartctl.env    # chartctl must be able to read it\n');
    const symbols = planJobs({ symbols: { file: '/home/me/symbols' }, metricsFile: '/home/me/chartctl.prom' });
    assert.match(textOf(symbols), '# chartctl must be able to read /home/me/symbols\n');
    const ofAPerson = { ...MACHINE, node: '/home/me/.nvm/bin/node', folder: '/home/me/trainer' };
    assert.match(
      textOf(ALL_JOBS, ofAPerson),
      '# chartctl must be able to read /home/me/.nvm/bin/node, /home/me/trainer/\n',
    );
    for (const user of [undefined, 'root']) assert.not.match(textOf(ALL_JOBS, { ...ofAPerson, user }), 'must be able');
  });

  test('takes a command as long as cron does, and not one character more', () => {
    const rest = jobLines(textOf([{ ...ALL_JOBS[0]!, args: [''] }]))[0]!.length - '* * * * * chartctl '.length - 2;
    const jobOf = (length: number) => [{ ...ALL_JOBS[0]!, args: ['x'.repeat(length - rest)] }];
    assert.is(jobLines(textOf(jobOf(MAX_COMMAND_BYTES)))[0]!.length, '* * * * * chartctl '.length + MAX_COMMAND_BYTES);
    assert.throws(
      () => textOf(jobOf(MAX_COMMAND_BYTES + 1)),
      (error: Failure) => error.kind === 'usage' && /--symbols-file/.test(error.hint ?? ''),
    );
  });

  test('counts bytes, as cron does', () => {
    const job = { ...ALL_JOBS[0]!, args: ['é'.repeat(450)] };
    assert.throws(() => textOf([job]), /the cron command of ingest has 1\d\d\d bytes/);
  });

  test('a shell gets every argument unchanged, by both ways in which crons unescape', () => {
    const property = fc.property(fc.array(oddText, { minLength: 1, maxLength: 8 }), (words) => {
      const line = jobLines(textOf([{ ...ALL_JOBS[0]!, args: words }]))[0]!;
      const command = /\/bin\/chartctl (.*) > \/dev\/null 2>> /.exec(line)![1]!;
      assert.not.match(command, /(^|[^\\])%/, 'a bare percent sign ends the command');
      const [debian, others] = [/\\([%\\])/g, /\\(%)/g].map((escaped) => command.replace(escaped, '$1'));
      assert.is(debian, others);
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${debian}`], { encoding: 'utf8' });
      assert.is(stdout, words.map((word) => `${word}\n`).join(''));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
