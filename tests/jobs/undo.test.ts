import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { inTransaction } from '../../src/database/transaction.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { undo } from '../../src/jobs/undo.js';
import { startJob } from '../../src/tables/jobs.js';
import { removeRows } from '../../src/tables/rolling-chart-data/write-rows.js';
import { findLaterJobs, restoreRows } from '../../src/tables/undo.js';
import { expectError } from '../harness/expect-failure.js';
import { findRowAt, jobGroup, type JobWorld, reviseCandle } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';

/** All rows and flags of a symbol. */
async function snapshot(world: JobWorld, symbol: string): Promise<unknown> {
  const rows = await world.rows(symbol);
  const flags = await world.store.knex('chartctl_flags').where({ symbol }).orderBy(['timestamp', 'rule']);
  return { rows, flags };
}

const undoJob = (world: JobWorld, job: number | null) => undo(world.context, { job: job! });

async function refusal(work: Promise<unknown>): Promise<string> {
  return String(await expectError(work));
}

jobGroup('undo', (test) => {
  test('a backfill that replaced, confirmed and inserted rows is undone completely', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 800 });
    const at = (minutes: number) => world.now - minutes * MINUTE_MS;
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [at(300), at(299), at(100)]));
    await world.store.knex.raw(`UPDATE rolling_chart_data SET low = -1 WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      new Date(at(200)),
    ]);
    await clean(world.context, { symbols: [symbol], sigma: 4 });
    await rebuild(world.context, { symbols: [symbol] });
    const before = await snapshot(world, symbol);
    const { jobId } = await backfill(world.context, { symbols: [symbol], minutes: 800 });
    const after = await snapshot(world, symbol);
    assert.is((await undoJob(world, jobId)).exitCode, 0);
    assert.equal(await snapshot(world, symbol), before);
    const undone = await world.store.knex('chartctl_jobs').max<{ id: string }[]>({ id: 'id' });
    assert.is((await undoJob(world, Number(undone[0]!.id))).exitCode, 0);
    assert.equal(await snapshot(world, symbol), after, 'and the undo is undone too');
  });

  test('undoing the first ingest of a symbol leaves no row', async (world) => {
    const symbol = world.listSymbol(2000);
    const { jobId } = await ingest(world.context, { symbols: [symbol] });
    await undoJob(world, jobId);
    assert.equal(await world.rows(symbol), []);
  });

  test('pruned rows are restored with their numbers and written_at', async (world) => {
    const symbol = world.listSymbol(4000);
    await backfill(world.context, { symbols: [symbol], minutes: 3000 });
    const before = await snapshot(world, symbol);
    const { jobId } = await clean(world.context, { symbols: [symbol], keepDays: 1, sigma: 100 });
    assert.is((await world.rows(symbol)).length, 1440);
    await undoJob(world, jobId);
    assert.equal(await snapshot(world, symbol), before);
  });

  test('a moved row gets its old timestamp again, and a removed duplicate is restored', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingest(world.context, { symbols: [symbol] });
    const minute = new Date(world.now - 100 * MINUTE_MS);
    await world.store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, written_at)
       SELECT symbol, timestamp + interval '12.345678 seconds', open, high, low, close, volume, clock_timestamp()
       FROM rolling_chart_data WHERE symbol = ? AND timestamp = ?`,
      [symbol, minute],
    );
    const images = async () => {
      const { rows } = await world.store.knex.raw<{ rows: { image: unknown }[] }>(
        `SELECT to_jsonb(r) AS image FROM rolling_chart_data r WHERE symbol = ? ORDER BY timestamp`,
        [symbol],
      );
      return rows.map((row) => row.image);
    };
    const before = await images();
    const { jobId } = await clean(world.context, { symbols: [symbol], sigma: 100 });
    assert.is((await images()).length, before.length - 1);
    await undoJob(world, jobId);
    assert.equal(await images(), before);
  });

  test('later jobs on the same rows are named and nothing changes; undone newest first it works', async (world) => {
    const symbol = world.listSymbol(2000);
    const first = await ingest(world.context, { symbols: [symbol] });
    const minute = world.now - 50 * MINUTE_MS;
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(minute)],
    );
    const flagged = await snapshot(world, symbol);
    world.binance.put(symbol, [reviseCandle(world.binance.get(symbol, minute)!)]);
    const second = await backfill(world.context, { symbols: [symbol] });
    const before = await snapshot(world, symbol);
    assert.match(
      await refusal(undoJob(world, first.jobId)),
      new RegExp(`later jobs changed the same rows: ${second.jobId}$`),
    );
    assert.equal(await snapshot(world, symbol), before);
    await undoJob(world, second.jobId);
    assert.equal(await snapshot(world, symbol), flagged);
    await undoJob(world, first.jobId);
    assert.equal(await world.rows(symbol), []);
  });

  test('a job can be undone once, a migration and an unknown job never', async (world) => {
    const symbol = world.listSymbol(2000);
    const { jobId } = await ingest(world.context, { symbols: [symbol] });
    await undoJob(world, jobId);
    assert.match(await refusal(undoJob(world, jobId)), /was already undone by job/);
    assert.match(await refusal(undoJob(world, 999_999)), /there is no job 999999/);
    const migration = await world.store.knex('chartctl_jobs').where({ command: 'migrate' }).first<{ id: string }>('id');
    assert.match(await refusal(undoJob(world, Number(migration.id))), /was a migration/);
  });

  test('a legacy row is restored with the indicators that the platform had written', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET written_at = NULL, iscomplete = false, rsi = 12.5, volume = volume + 1 WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now - 20 * MINUTE_MS)],
    );
    const before = await snapshot(world, symbol);
    const { jobId } = await backfill(world.context, { symbols: [symbol] });
    assert.is(findRowAt(await world.rows(symbol), world.now - 5 * MINUTE_MS).source, 'BINANCE_BACKFILL');
    assertMatchesReference(await world.rows(symbol));
    await undoJob(world, jobId);
    assert.equal(await snapshot(world, symbol), before);
  });

  test('--keep-history removes old audit records, which then cannot be undone, and changes no row', async (world) => {
    const symbol = world.listSymbol(2000);
    const { jobId } = await ingest(world.context, { symbols: [symbol] });
    for (const [table, column] of [
      ['chartctl_changes', 'changed_at'],
      ['chartctl_inserts', 'inserted_at'],
    ] as const) {
      await world.asOwner(({ store }) =>
        store
          .knex(table)
          .where({ symbol })
          .update({ [column]: store.knex.raw(`?? - interval '40 days'`, [column]) }),
      );
    }
    const before = await world.rows(symbol);
    const forget = (keepHistoryDays: number) =>
      world.asOwner((owner) => clean(owner, { symbols: [symbol], sigma: 100, keepHistoryDays }));
    const kept = await forget(41);
    assert.is(kept.outcomes[0]!.summary!.forgotten, 0);
    const forgotten = await forget(39);
    assert.is(forgotten.outcomes[0]!.summary!.forgotten, 1);
    assert.is((await undoJob(world, jobId)).outcomes.length, 0);
    assert.equal(await world.rows(symbol), before);
  });

  test('jobs are removed with their audit records, except the last of each command and those that an undo needs', async (world) => {
    const symbol = world.listSymbol(2000);
    const symbols = [symbol];
    const rebuilt = await rebuild(world.context, { symbols });
    const ingested = await ingest(world.context, { symbols });
    const flagged = await clean(world.context, { symbols, sigma: 2 });
    const undone = await undoJob(world, flagged.jobId);
    const idle = await clean(world.context, { symbols, sigma: 100 });
    const again = await rebuild(world.context, { symbols });
    await world.asOwner(({ store }) =>
      store.knex.raw(
        `UPDATE chartctl_jobs SET started_at = started_at - interval '40 days',
         finished_at = finished_at - interval '40 days' WHERE id >= ?`,
        [rebuilt.jobId],
      ),
    );
    const left = () => world.store.knex('chartctl_jobs').where('id', '>=', rebuilt.jobId).orderBy('id').pluck('id');
    const notices: string[] = [];
    const forget = (keepHistoryDays: number) =>
      world.asOwner((owner) =>
        clean({ ...owner, onNotice: (notice) => notices.push(notice) }, { symbols, sigma: 100, keepHistoryDays }),
      );
    const numbers = (...jobs: { jobId: number | null }[]) => jobs.map(({ jobId }) => String(jobId));
    const tooLate = await forget(41);
    assert.equal(await left(), numbers(rebuilt, ingested, flagged, undone, idle, again, tooLate));
    assert.equal(notices, []);
    const inTime = await forget(39);
    assert.equal(await left(), numbers(ingested, flagged, undone, again, tooLate, inTime), 'idle ones are gone');
    assert.equal(notices, ['removed the records of 2 jobs older than 39 days without audit records']);
    await world.asOwner(({ store }) => store.knex('chartctl_changes').delete());
    const last = await forget(39);
    assert.equal(
      await left(),
      numbers(ingested, undone, again, tooLate, inTime, last),
      'the last undo and rebuild stay',
    );
  });

  test('undoing a flag keeps the indicators of legacy rows around it', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingest(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET written_at = NULL, iscomplete = false, rsi = 50 WHERE symbol = ?`,
      [symbol],
    );
    await world.store.knex.raw(`UPDATE rolling_chart_data SET volume = 1e9 WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      new Date(world.now - 300 * MINUTE_MS),
    ]);
    const before = await snapshot(world, symbol);
    const { jobId } = await clean(world.context, { symbols: [symbol] });
    await undoJob(world, jobId);
    assert.equal(await snapshot(world, symbol), before);
  });

  test('undoing two flags rebuilds their rows alone, not those between them', async (world) => {
    const symbol = world.listSymbol(2000);
    await backfill(world.context, { symbols: [symbol], minutes: 1500 });
    const setRsi = (minute: number) =>
      world.store.knex.raw(`UPDATE rolling_chart_data SET rsi = 1 WHERE symbol = ? AND timestamp = ?`, [
        symbol,
        new Date(minute),
      ]);
    const [first, between, second] = [400, 300, 200].map((minutes) => world.now - minutes * MINUTE_MS) as [
      number,
      number,
      number,
    ];
    for (const minute of [first, second]) {
      await world.store.knex.raw(`UPDATE rolling_chart_data SET volume = 1e9 WHERE symbol = ? AND timestamp = ?`, [
        symbol,
        new Date(minute),
      ]);
    }
    for (const minute of [first, between, second]) await setRsi(minute);
    const { jobId } = await clean(world.context, { symbols: [symbol], sigma: 10 });
    const flags = await world.store.knex('chartctl_flags').where({ symbol }).orderBy('timestamp').pluck('timestamp');
    assert.equal(flags.map(Number), [first, second]);
    await undoJob(world, jobId);
    const rsi = async (minute: number) => findRowAt(await world.rows(symbol), minute).indicators.rsi;
    assert.not.equal(await rsi(first), 1);
    assert.is(await rsi(between), 1);
    assert.not.equal(await rsi(second), 1);
  });

  test('legacy indicators are restored by undoing a second rebuild as well as the first', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingest(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET written_at = NULL, iscomplete = false, rsi = 50 WHERE symbol = ?`,
      [symbol],
    );
    const before = await snapshot(world, symbol);
    for (const time of ['first', 'second']) {
      const { jobId } = await rebuild(world.context, { symbols: [symbol] });
      await undoJob(world, jobId);
      assert.equal(await snapshot(world, symbol), before, time);
    }
  });

  test('confirmations from before a job are in effect after its undo', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingest(world.context, { symbols: [symbol] });
    const minute = world.now - 100 * MINUTE_MS;
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(minute)],
    );
    await clean(world.context, { symbols: [symbol], sigma: 100, repair: true });
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [minute]));
    const flags = () => world.store.knex('chartctl_flags').where({ symbol }).select('rule', 'state');
    const before = (await flags()) as unknown;
    const { jobId } = await backfill(world.context, { symbols: [symbol], minutes: 200 });
    await undoJob(world, jobId);
    assert.equal(await flags(), before);
  });

  test('looking for later jobs does not grow with the square of the history', async (world) => {
    const symbol = world.listSymbol(10);
    const minutes = `generate_series('2024-01-01Z'::timestamptz, '2024-01-20T23:59Z'::timestamptz, interval '1 minute') t`;
    await world.store.knex.raw(
      `INSERT INTO chartctl_inserts (symbol, from_time, to_time, job_id, inserted_at)
       SELECT ?, t, t + interval '1 minute', 1000000, clock_timestamp() FROM ${minutes}`,
      [symbol],
    );
    await world.store.knex.raw(
      `INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, before, changed_at)
       SELECT ?, t, 999999, 1, 'flag', '{}', clock_timestamp() - interval '1 hour' FROM ${minutes}`,
      [symbol],
    );
    const started = performance.now();
    assert.equal(await findLaterJobs(world.store.knex, symbol, 999_999), [1_000_000]);
    assert.ok(performance.now() - started < 15_000, 'it took a minute when every pair was compared');
  });
});

/** A backfill of new symbols, and an undo of it that was killed after the first `undone` symbols. */
async function interruptUndo(world: JobWorld, symbols: readonly string[], undone: number): Promise<[number, number]> {
  const { jobId } = await backfill(world.context, { symbols, minutes: 700 });
  const { knex } = world.store;
  const killed = await startJob(knex, { command: 'undo', arguments: { undoes: jobId }, symbols });
  for (const symbol of symbols.slice(0, undone))
    await inTransaction(world.store, (trx) => restoreRows(trx, symbol, jobId!, killed));
  return [jobId!, killed];
}

const countRows = async (world: JobWorld, symbols: readonly string[]) =>
  Promise.all(symbols.map(async (symbol) => (await world.rows(symbol)).length));

jobGroup('an undo that was killed', (test) => {
  for (const undone of [0, 1, 2]) {
    test(`after ${undone} of two symbols is finished by the same command`, async (world) => {
      const symbols = [world.listSymbol(800), world.listSymbol(800)];
      const [job, killed] = await interruptUndo(world, symbols, undone);
      await world.store.knex('chartctl_jobs').where({ id: killed }).update({ pid: 4_194_304 }); // the number of a process that has ended
      const { exitCode, outcomes } = await undo(world.context, { job });
      const restored = outcomes.map(({ summary }) => summary!.restored > 0);
      assert.equal([exitCode, restored], [0, symbols.map((_, i) => i >= undone)]);
      assert.equal(await countRows(world, symbols), [0, 0]);
      const { outcome } = await world.store.knex('chartctl_jobs').where({ id: killed }).first<{ outcome: string }>();
      assert.is(outcome, 'died');
    });
  }

  test('and the one that finished it cancel out: an earlier job can be undone', async (world) => {
    const symbols = [world.listSymbol(2000), world.listSymbol(2000)];
    const { jobId: earlier } = await backfill(world.context, { symbols, minutes: 100 });
    const [job] = await interruptUndo(world, symbols, 1);
    await undo(world.context, { job });
    assert.is((await undo(world.context, { job: earlier! })).exitCode, 0);
  });

  test('can itself be undone, and then the job as a whole', async (world) => {
    const symbols = [world.listSymbol(800), world.listSymbol(800)];
    const [job, killed] = await interruptUndo(world, symbols, 1);
    const before = await countRows(world, symbols);
    assert.is(before[0], 0);
    assert.is((await undo(world.context, { job: killed })).exitCode, 0);
    assert.equal(await countRows(world, symbols), [before[1], before[1]]);
    assert.is((await undo(world.context, { job })).outcomes.length, 2);
    assert.equal(await countRows(world, symbols), [0, 0]);
  });
});
