import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { readStatementTime } from '../../../src/database/server-facts.js';
import { inSnapshot } from '../../../src/database/snapshot.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { summarizePast } from '../../../src/jobs/status/past-status.js';
import { status } from '../../../src/jobs/status/status.js';
import type { StatusSummary } from '../../../src/jobs/status/status-summary.js';
import { undo } from '../../../src/jobs/undo.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { correct, toStep } from '../corrections.js';

/** A state that was printed, and the time of the database's clock right after it. */
interface Seen {
  state: StatusSummary;
  cut: string;
}

async function see(world: JobWorld, symbol: string): Promise<Seen> {
  const state = await expectSummary(status(world.context, { symbols: [symbol] }));
  return { state, cut: await readStatementTime(world.store.knex) };
}

jobGroup('the state of the past', (test) => {
  test('is the state that was printed then, after each step of a history', async (world) => {
    const symbol = world.listSymbol(2600);
    const symbols = [symbol];
    const { binance, store, context } = world;
    const at = (minutes: number) => world.now - minutes * MINUTE_MS;
    const seen: Seen[] = [await see(world, symbol)];
    const step = toStep(async () => seen.push(await see(world, symbol)));
    await correct(world, symbol, step);
    const spike = binance.get(symbol, at(20))!;
    await step(() => clean(context, { symbols, sigma: 4 }));
    binance.put(symbol, [{ ...spike, volume: spike.volume * 2 }]);
    await step(() => clean(context, { symbols, sigma: 4, repair: true }));
    await step(async () => {
      const last = await store.knex('chartctl_jobs').where({ command: 'clean' }).max<{ id: string }[]>({ id: 'id' });
      return undo(context, { job: Number(last[0]!.id) });
    });
    await step(() => clean(context, { symbols, keepDays: 1, sigma: 100 }));

    for (const [i, { state, cut }] of seen.entries()) {
      const instant = { timeMs: world.now + 5_000, job: null, cutOf: () => cut };
      const past = await inSnapshot(store.knex, (trx) => summarizePast(trx, symbol, instant, 3));
      const { retired, olderGaps, ...printed } = state;
      assert.equal([retired, olderGaps], [null, undefined]);
      const known = past.gaps.map(({ from, to }) => ({ from, to })); // the causes are those that are known now
      assert.equal(
        known,
        printed.gaps.map(({ from, to }) => ({ from, to })),
        `the gaps after step ${i}`,
      );
      assert.equal(
        { ...past, gaps: [], readiness: null },
        { ...printed, gaps: [], readiness: null },
        `after step ${i}`,
      );
      assert.is(past.readiness.isReady, printed.readiness.isReady);
    }
    assert.ok(new Set(seen.map(({ state }) => JSON.stringify(state))).size >= 6, 'the steps changed the state');
  });

  test('at a time before the audit log, or in the future, is refused', async (world) => {
    const symbol = world.listSymbol(1100);
    await backfill(world.context, { symbols: [symbol], minutes: 100 });
    const { outcomes } = await status(world.context, { symbols: [symbol], asOf: { time: Date.UTC(2020, 0) } });
    assert.is(outcomes[0]!.failure?.code, 'BEFORE_AUDIT');
    const future = status(world.context, { symbols: [symbol], asOf: { time: Date.now() + 3_600_000 } });
    assert.match((await expectFailure(future)).message, /is in the future/);
  });

  test('rows that other SQL removed later are not in it', async (world) => {
    const symbol = world.listSymbol(1100);
    await backfill(world.context, { symbols: [symbol], minutes: 100 });
    const { state: printed, cut } = await see(world, symbol);
    const gone = world.now - 10 * MINUTE_MS;
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [gone]));
    const instant = { timeMs: world.now + 5_000, job: null, cutOf: () => cut };
    const past = await inSnapshot(world.store.knex, (trx) => summarizePast(trx, symbol, instant, 3));
    assert.is(past.window.present, printed.window.present - 1);
  });
});
