import * as assert from 'uvu/assert';
import { backfill } from '../../src/jobs/backfill.js';
import { undo } from '../../src/jobs/undo.js';
import { inTransaction } from '../../src/store/in-transaction.js';
import { startJob } from '../../src/store/job-rows.js';
import { restoreRows } from '../../src/store/undo-rows.js';
import { worldGroup, type World } from '../harness/job-world.js';

/** A backfill of new symbols, and an undo of it that was killed when it had undone the first so many. */
async function interruptUndo(world: World, symbols: readonly string[], undone: number): Promise<[number, number]> {
  const { jobId } = await backfill(world.context, { symbols, minutes: 700 });
  const { knex } = world.store;
  const killed = await startJob(knex, { command: 'undo', arguments: { undoes: jobId }, symbols });
  for (const symbol of symbols.slice(0, undone))
    await inTransaction(world.store, (trx) => restoreRows(trx, symbol, jobId!, killed));
  return [jobId!, killed];
}

const countRows = async (world: World, symbols: readonly string[]) =>
  Promise.all(symbols.map(async (symbol) => (await world.rows(symbol)).length));

worldGroup('an undo that was killed', (test) => {
  for (const undone of [0, 1, 2]) {
    test(`after ${undone} of two symbols is finished by the same command`, async (world) => {
      const symbols = [world.list(800), world.list(800)];
      const [job, killed] = await interruptUndo(world, symbols, undone);
      await world.store.knex('chartctl_jobs').where({ id: killed }).update({ pid: 4_194_304 }); // gone by now
      const { exitCode, outcomes } = await undo(world.context, { job });
      const restored = outcomes.map(({ summary }) => summary!.restored > 0);
      assert.equal([exitCode, restored], [0, symbols.map((_, i) => i >= undone)]);
      assert.equal(await countRows(world, symbols), [0, 0]);
      const { outcome } = await world.store.knex('chartctl_jobs').where({ id: killed }).first<{ outcome: string }>();
      assert.is(outcome, 'died');
    });
  }

  test('leaves no trace together with the one that finished it: an earlier job can be undone', async (world) => {
    const symbols = [world.list(2000), world.list(2000)];
    const { jobId: earlier } = await backfill(world.context, { symbols, minutes: 100 });
    const [job] = await interruptUndo(world, symbols, 1);
    await undo(world.context, { job });
    assert.is((await undo(world.context, { job: earlier! })).exitCode, 0);
  });

  test('can itself be undone, and then the job as a whole', async (world) => {
    const symbols = [world.list(800), world.list(800)];
    const [job, killed] = await interruptUndo(world, symbols, 1);
    const before = await countRows(world, symbols);
    assert.is(before[0], 0);
    assert.is((await undo(world.context, { job: killed })).exitCode, 0);
    assert.equal(await countRows(world, symbols), [before[1], before[1]]);
    assert.is((await undo(world.context, { job })).outcomes.length, 2);
    assert.equal(await countRows(world, symbols), [0, 0]);
  });
});
