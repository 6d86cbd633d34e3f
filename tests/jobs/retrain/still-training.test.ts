import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { checkRetrain, type CheckRetrainOptions } from '../../../src/jobs/retrain/check-retrain.js';
import { startJob } from '../../../src/tables/jobs.js';
import { recordProgram } from '../../../src/tables/running-jobs.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';
import { listReplaced } from './list-replaced.js';

const program = (code: string) => ({ command: [process.execPath, '-e', code], environment: {} });

/** A symbol that is due, and the running training program of a job whose process was killed. */
async function listOrphaned(world: JobWorld): Promise<{ symbol: string; training: ChildProcess }> {
  const symbol = await listReplaced(world, 31);
  const { knex } = world.store;
  const training = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  const job = await startJob(knex, { command: 'check-retrain', arguments: {}, symbols: [symbol] });
  await recordProgram(knex, job, training.pid!);
  await knex('chartctl_jobs').where({ id: job }).update({ pid: 4_194_304 }); // the number of a process that has ended
  return { symbol, training };
}

const check = (world: JobWorld, symbol: string, options: Partial<CheckRetrainOptions>) =>
  checkRetrain(world.context, { symbols: [symbol], exec: program(''), ...options });

jobGroup('a training program whose job was killed', (test) => {
  test('no second program starts while it runs; its process is named; after its end another one starts', async (world) => {
    const { symbol, training } = await listOrphaned(world);
    const refused = await check(world, symbol, {}).catch((error: unknown) => error);
    assert.instance(refused, Failure);
    assert.equal([(refused as Failure).exitCode, (refused as Failure).code], [11, 'STILL_TRAINING']);
    assert.match((refused as Failure).message, new RegExp(`still runs, as process ${training.pid}, although`));

    const skipped = await check(world, symbol, { ifLocked: 'skip' });
    assert.equal([skipped.exitCode, skipped.isDue, skipped.exec], [0, true, null]);
    assert.match(world.notices.join('\n'), /no other was started/);

    training.kill('SIGKILL');
    await once(training, 'exit');
    const trained = await check(world, symbol, {});
    assert.equal([trained.exitCode, trained.exec?.exitCode], [0, 0]);
    assert.ok(trained.outcomes[0]!.summary!.marked);
  });

  test('a check without a program and programs for other symbols still run', async (world) => {
    const { symbol, training } = await listOrphaned(world);
    const other = await listReplaced(world, 31);
    assert.is((await checkRetrain(world.context, { symbols: [symbol] })).isDue, true);
    assert.is((await check(world, other, {})).exec?.exitCode, 0);
    training.kill('SIGKILL');
    await once(training, 'exit');
  });

  test('its process id is recorded with the job at its start', async (world) => {
    const symbol = await listReplaced(world, 31);
    const { jobId } = await check(world, symbol, {});
    const [job] = await world.store.knex('chartctl_jobs').where({ id: jobId }).select<{ arguments: Arguments }[]>();
    assert.ok(job!.arguments.program.pid > 0);
    assert.match(job!.arguments.program.processStart, /^\d*$/);
  });
});

interface Arguments {
  program: { pid: number; processStart: string };
}
