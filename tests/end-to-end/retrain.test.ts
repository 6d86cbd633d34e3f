import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { shellGroup, type ShellWorld } from '../harness/shell-world.js';
import { startReceiver } from '../monitoring/start-receiver.js';

/** Prints, and runs until it is ended; writes its process id, and that of a child that does not end at once on SIGTERM. */
const TRAINER = `
  console.log('training on', process.env.CHARTCTL_DUE_SYMBOLS);
  const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  require('fs').writeFileSync('pids', process.pid + ' ' + child.pid);
  setInterval(() => {}, 1000);`;

const program = (code: string) => `'${process.execPath}' -e "${code.replaceAll('"', '\\"')}"`;

/** The number of recorded trainings, and the outcome of each job of check-retrain. */
const lookBack = ({ inspect }: ShellWorld) =>
  inspect(async ({ knex }) => {
    const marks = await knex('chartctl_trainings').where({ kind: 'mark' }).select('symbol');
    const jobs = await knex('chartctl_jobs')
      .where({ command: 'check-retrain' })
      .orderBy('id')
      .select<{ outcome: string }[]>('outcome');
    return { marks: marks.length, outcomes: jobs.map(({ outcome }) => outcome) };
  });

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0) && !readFileSync(`/proc/${id}/stat`, 'utf8').includes(') Z');
  } catch {
    return false;
  }
}

/** Starts a training, sends the signals to chartctl, and checks that no process is left. */
async function endTraining({ start, folder }: ShellWorld, ...signals: NodeJS.Signals[]): Promise<void> {
  const pids = join(folder, 'pids');
  rmSync(pids, { force: true });
  const checking = start('check-retrain', 'BTCUSDT', '--exec', program(TRAINER), '--json');
  const written = () => (existsSync(pids) ? readFileSync(pids, 'utf8') : '');
  while (!/^\d+ \d+$/.test(written())) await sleep(20);
  const trainers = written().split(' ').map(Number);
  assert.equal(trainers.map(isRunning), [true, true]);
  for (const signal of signals) {
    checking.kill(signal);
    await sleep(50);
  }
  const { exitCode, stdout, stderr } = await checking.ended;
  assert.is(exitCode, 143, stderr);
  assert.is((JSON.parse(stdout) as { exitCode: number }).exitCode, 143);
  assert.match(stderr, /^training on BTCUSDT$/m);
  assert.equal(trainers.map(isRunning), [false, false]);
}

shellGroup('check-retrain as a process', (test) => {
  test('a terminated training ends with all its processes and is not recorded; the job is interrupted', async (shell) => {
    await shell.run('migrate');
    assert.is((await shell.run('backfill', 'BTCUSDT', 'ETHUSDT', '--hours', '10')).exitCode, 0);
    await endTraining(shell, 'SIGTERM');
    assert.equal(await lookBack(shell), { marks: 0, outcomes: ['interrupted'] });
  });

  test('so does one whose terminal is closed, with SIGHUP from the system and the shell', async (shell) => {
    await endTraining(shell, 'SIGHUP', 'SIGHUP');
    assert.equal(await lookBack(shell), { marks: 0, outcomes: ['interrupted', 'interrupted'] });
  });

  test("the program's output goes to standard error, only the result to standard output", async (shell) => {
    const code = `process.stdin.pipe(process.stdout); process.on('exit', () => console.log('trained'))`;
    const document = await shell.runJson('check-retrain', 'BTCUSDT', '--exec', program(code));
    assert.equal([document.exitCode, document.isDue], [0, true]);
    assert.equal(await lookBack(shell), { marks: 1, outcomes: ['interrupted', 'interrupted', 'done'] });
    const again = await shell.run('check-retrain', 'BTCUSDT', '--exec', program(code), '--max-age', '1m');
    assert.not.match(again.stderr, 'trained');
    assert.match(again.stdout, /BTCUSDT: not due by age: the last training was \d+ s ago: due after 1 min/);
  });

  test('a webhook of the configuration file is called, and the process ends', async (shell) => {
    const receiver = await startReceiver();
    writeFileSync(join(shell.folder, 'chartctl.config.json'), JSON.stringify({ hooks: { webhook: receiver.url } }));
    writeFileSync(join(shell.folder, '.env'), 'CHARTCTL_WEBHOOK_SECRET=a secret of enough length\n');
    const told = await shell.run('check-retrain', 'ETHUSDT');
    const endedAt = Date.now();
    assert.is(told.exitCode, 0, told.stderr);
    assert.is(receiver.received.length, 1);
    assert.ok(endedAt - receiver.received[0]!.at < 4000, 'it waited for the connection to be closed by the other side');
    await receiver.close();
  });
});
