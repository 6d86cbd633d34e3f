import * as assert from 'uvu/assert';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { backfill as backfillByApi } from '../../src/jobs/api/symbol-functions.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../src/jobs/export/export-training-set.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import type { JobResult } from '../../src/jobs/job.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { retire, unretire } from '../../src/jobs/retire.js';
import { status } from '../../src/jobs/status/status.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { expectJobFailure, expectSummary, jobGroup } from '../harness/job-world.js';

const symbolsOf = ({ outcomes }: JobResult<unknown>) => outcomes.map(({ symbol }) => symbol);

jobGroup('a retired symbol', (test) => {
  test('is left out of --all by every job except status, and its rows stay', async (world) => {
    const { context } = world;
    const [kept, gone] = [world.listSymbol(500), world.listSymbol(500)];
    await ingest(context, { symbols: [kept, gone] });
    const rows = await world.rows(gone);
    const summary = await expectSummary(retire(context, { symbols: [gone], reason: 'renamed' }));
    assert.equal([summary.last.minute, summary.reason, summary.wasRetired], [rows.at(-1)!.openTime, 'renamed', false]);
    world.exchange.setState(gone, undefined);
    world.advanceMinutes(1);
    for (const job of [ingest, backfill, clean, rebuild, verify]) {
      const result = await job(context, { symbols: 'all' });
      assert.equal([result.exitCode, symbolsOf(result)], [0, [kept]], job.name);
    }
    assert.equal(await world.rows(gone), rows);
    const { outcomes } = await status(context, { symbols: 'all' });
    assert.equal(
      outcomes.map((outcome) => [outcome.symbol, outcome.summary?.retired?.reason]),
      [
        [kept, undefined],
        [gone, 'renamed'],
      ],
    );
  });

  test('is skipped with a notice where a schedule names it, and not where a person asks for its rows', async (world) => {
    const { context } = world;
    const [kept, gone] = [world.listSymbol(500), world.listSymbol(500)];
    await ingest(context, { symbols: [kept, gone] });
    await retire(context, { symbols: [gone] });
    for (const job of [ingest, backfill, clean]) {
      world.notices.length = 0;
      assert.equal(symbolsOf(await job(context, { symbols: [gone, kept] })), [kept], job.name);
      assert.match(world.notices.join('\n'), `${gone} is retired and was skipped; to go on with it: chartctl unretire`);
    }
    for (const job of [rebuild, verify]) assert.equal(symbolsOf(await job(context, { symbols: [gone] })), [gone]);
    const { store, market } = context;
    const from = world.now - 600_000;
    assert.is((await backfillByApi(gone, from, world.now, { store, exchange: market })).rows, 10);
  });

  test('is retired once, by its first reason; unretire takes it back', async (world) => {
    const { context } = world;
    const symbol = world.listSymbol(500);
    await ingest(context, { symbols: [symbol] });
    await retire(context, { symbols: [symbol], reason: 'first' });
    const again = await expectSummary(retire(context, { symbols: [symbol], reason: 'second' }));
    assert.equal([again.wasRetired, again.reason], [true, 'first']);
    assert.is((await expectSummary(unretire(context, { symbols: [symbol] }))).wasRetired, true);
    assert.is((await expectSummary(unretire(context, { symbols: [symbol] }))).wasRetired, false);
    assert.equal(symbolsOf(await ingest(context, { symbols: [symbol] })), [symbol]);
  });

  test('is not exported with --require-ready: alone it is a failure, not an empty training set', async (world) => {
    const { context } = world;
    const [kept, gone] = [world.listSymbol(1100), world.listSymbol(1100)];
    await ingest(context, { symbols: [kept, gone] });
    await retire(context, { symbols: [gone] });
    const exportReady = (symbols: string[]) =>
      exportTrainingSet(context, { symbols, out: new CapturedStream(), format: 'csv', requireReady: true });
    assert.equal(symbolsOf(await exportReady([kept, gone])), [kept]);
    await exportReady([gone]).then(
      () => assert.unreachable('an empty training set was written'),
      (error: unknown) => assert.match(String(error), 'there is no symbol to export'),
    );
  });

  test('without rows is refused', async (world) => {
    const failure = await expectJobFailure(retire(world.context, { symbols: ['NOSUCHUSDT'] }));
    assert.equal([failure.code, failure.kind], ['NO_ROWS', 'failed']);
  });

  test('is the only one: the notice says so', async (world) => {
    const { context } = world;
    await retire(context, {
      symbols: (await status(context, { symbols: 'all' })).outcomes.map(({ symbol }) => symbol),
    });
    world.notices.length = 0;
    const result = await clean(context, { symbols: 'all' });
    assert.equal([result.exitCode, result.outcomes], [0, []]);
    assert.match(world.notices.join('\n'), 'every symbol of the database is retired');
  });
});
