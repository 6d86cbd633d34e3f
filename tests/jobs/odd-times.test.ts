import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { exportTrainingSet } from '../../src/jobs/export/export-training-set.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { expectSummary, jobGroup, type JobWorld } from '../harness/job-world.js';

/** A symbol whose row of 100 minutes ago has times that chartctl never writes. */
async function listOdd(world: JobWorld, assignment: string): Promise<string> {
  const symbol = world.listSymbol(620);
  await ingest(world.context, { symbols: [symbol] });
  const minute = new Date(world.now - 100 * MINUTE_MS);
  const change = `UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp = ?`;
  await world.store.knex.raw(change, [symbol, minute]);
  return symbol;
}

jobGroup('timestamps outside the usual range', (test) => {
  for (const time of ['infinity', '-infinity', '294000-01-01Z', '10000-01-01Z', '0044-03-15Z BC']) {
    test(`a row that was written at ${time} is confirmed by a backfill and is valid for training`, async (world) => {
      const symbols = [await listOdd(world, `written_at = '${time}', hasMissingData = true`)];
      await checkRetrain(world.context, { symbols, threshold: 0.05, window: 600, markTrained: true });
      assert.is((await expectSummary(backfill(world.context, { symbols, minutes: 200 }))).confirmed, 1);
      assert.is((await world.rows(symbols[0]!)).filter((row) => row.hasMissingData).length, 0);
    });
  }

  test('a row of the year 1800 is neither exported nor rebuilt; the failure says so', async (world) => {
    const symbol = await listOdd(world, `timestamp = '1800-01-01Z'`);
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-odd-'));
    const out = join(folder, 'train.csv');
    const range = { from: Date.UTC(1799, 0), to: world.now };
    await assertRefused(() => exportTrainingSet(world.context, { symbols: [symbol], out, format: 'csv', range }), 1800);
    assert.not(existsSync(out));
    rmSync(folder, { recursive: true });
    await assertRefused(() => expectSummary(rebuild(world.context, { symbols: [symbol] })), 1800);
  });

  test('a row of the year 10000 is not exported and not rebuilt; the failure says so, and other rows are not affected', async (world) => {
    const symbol = await listOdd(world, `timestamp = '10000-01-01Z'`);
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-odd-'));
    const out = join(folder, 'train.csv');
    const range = { from: world.now - 200 * MINUTE_MS, to: Date.UTC(10_001, 0) };
    await exportTrainingSet(world.context, { symbols: [symbol], out, format: 'csv', range });
    assert.not.match(readFileSync(out, 'utf8'), /10000-/);
    rmSync(folder, { recursive: true });
    assert.is((await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 200 }))).inserted, 1);
    await assertRefused(() => expectSummary(rebuild(world.context, { symbols: [symbol] })), 10_000);
    const near = { from: world.now - 200 * MINUTE_MS, to: world.now };
    assert.is((await expectSummary(rebuild(world.context, { symbols: [symbol], range: near }))).rewritten, 0);
  });
});

async function assertRefused(work: () => Promise<unknown>, year: number): Promise<void> {
  const error = await work().then(
    () => assert.unreachable('the row was reached'),
    (thrown: unknown) => thrown as Error,
  );
  assert.match(
    String(error?.message),
    new RegExp(`USDT has a row at ${year}-01-01T00:00:00\\.000Z, expected a year from 1900 to 2299`),
  );
}
