import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DAY_MS, floorMinute, MINUTE_MS } from '../../src/core/minute.js';
import { mergeRanges, type MinuteRange } from '../../src/core/range.js';
import { readStatementTime } from '../../src/database/server-facts.js';
import { inSnapshot } from '../../src/database/snapshot.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { loadPastSymbol } from '../../src/jobs/report/past-symbol.js';
import { loadPresentSymbol, type ReportQuery } from '../../src/jobs/report/present-symbol.js';
import { report } from '../../src/jobs/report/report.js';
import { undo } from '../../src/jobs/undo.js';
import type { SymbolReport } from '../../src/report/report-data.js';
import { rowAt } from '../../src/rows/row-block.js';
import { expectFailure } from '../harness/expect-failure.js';
import { jobGroup, type JobWorld } from '../harness/job-world.js';
import { correct, toStep } from './corrections.js';

const PARTS = { script: 'const a = 1;', style: 'b{color:red}' };

/** A symbol's part of a report, and the time of the database's clock right after it. */
interface Seen {
  part: SymbolReport;
  cut: string;
}

const toQuery = ({ now }: JobWorld): ReportQuery => ({
  range: { from: now - DAY_MS, to: now },
  nowMs: now + 5_000,
  sigma: 3,
});

async function see(world: JobWorld, symbol: string): Promise<Seen> {
  const part = await inSnapshot(world.store.knex, (trx) => loadPresentSymbol(trx, symbol, toQuery(world)));
  return { part, cut: await readStatementTime(world.store.knex) };
}

/** The rows one by one, without their indicators. */
function toCandles({ rows }: SymbolReport) {
  return Array.from({ length: rows.length }, (_, at) => ({ ...rowAt(rows, at), indicators: null }));
}

/** The greatest difference between the indicators of two reports, in the units of their tolerance, which is 1e-9. */
function compareIndicators(a: SymbolReport, b: SymbolReport): number {
  let greatest = 0;
  for (const column of INDICATOR_COLUMNS) {
    for (let at = 0; at < a.rows.length; at += 1) {
      const [one, other] = [a.rows[column][at]!, b.rows[column][at]!];
      if (Object.is(one, other)) continue;
      const unit = column.startsWith('macd') ? a.rows.close[at]! : /^(rsi|stoch)/.test(column) ? 100 : Math.abs(one);
      const difference = Math.abs(one - other) / unit;
      greatest = Number.isNaN(difference) ? Infinity : Math.max(greatest, difference);
    }
  }
  return greatest;
}

/** The minutes of gaps. Their causes, which divide them, are those that are known now. */
const toStretches = (gaps: readonly MinuteRange[]) => mergeRanges(gaps.map(({ from, to }) => ({ from, to })));

/** What else is on the page, but for the causes of gaps. */
function toComparable({ rows, gaps, window, ...others }: SymbolReport) {
  return {
    ...others,
    rows: rows.length,
    gaps: toStretches(gaps),
    window: { ...window, blockers: toStretches(window.blockers) },
  };
}

jobGroup('a report on the past', (test) => {
  test('has the rows, flags, gaps, jobs and trainings of then, after each step of a history', async (world) => {
    const symbol = world.listSymbol(2600);
    const symbols = [symbol];
    const { store, context } = world;
    const seen: Seen[] = [await see(world, symbol)];
    const step = toStep(async () => seen.push(await see(world, symbol)));
    await correct(world, symbol, step);
    await step(() => clean(context, { symbols, sigma: 4 }));
    await step(() => clean(context, { symbols, sigma: 4, repair: true }));
    await step(async () => {
      const last = await store.knex('chartctl_jobs').where({ command: 'clean' }).max<{ id: string }[]>({ id: 'id' });
      return undo(context, { job: Number(last[0]!.id) });
    });
    await step(() => checkRetrain(context, { symbols, markTrained: true }));
    await step(() => clean(context, { symbols, keepDays: 1, sigma: 100 }));

    for (const [i, { part, cut }] of seen.entries()) {
      const instant = { timeMs: world.now + 5_000, job: null, cutOf: () => cut };
      const past = await inSnapshot(store.knex, (trx) => loadPastSymbol(trx, symbol, toQuery(world), instant));
      assert.equal(toCandles(past), toCandles(part), `the rows after step ${i}`);
      assert.ok(compareIndicators(past, part) < 1e-9, `indicators after step ${i}: ${compareIndicators(past, part)}`);
      assert.equal(toComparable(past), toComparable(part), `everything else after step ${i}`);
    }
    const distinct = new Set(seen.map(({ part }) => JSON.stringify([toComparable(part), toCandles(part)])));
    assert.is(distinct.size, seen.length, 'every step changes the page');
  });

  test('says so on the page, which counts its range back from then, at the end of a job', async (world) => {
    const symbol = world.listSymbol(2600);
    const symbols = [symbol];
    const { jobId } = await backfill(world.context, { symbols, minutes: 400 });
    await new Promise((resolve) => setTimeout(resolve, 3));
    await backfill(world.context, { symbols, minutes: 2000 });
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-past-report-'));
    const out = join(folder, 'page.html');
    try {
      const result = await report(world.context, { symbols, out, parts: PARTS, asOf: { job: jobId! }, minutes: 60 });
      const ended = await world.store.knex('chartctl_jobs').where({ id: jobId }).first<{ finished_at: Date }>();
      const minute = floorMinute(ended.finished_at.getTime());
      assert.equal(result.clock, { minute, source: 'past' });
      assert.equal(result.outcomes[0]!.summary!.range, { from: minute - 60 * MINUTE_MS, to: minute });
      assert.match(readFileSync(out, 'utf8'), new RegExp(`as it stood at [0-9: -]+ UTC, the end of job ${jobId}<`));
      assert.match(world.notices.join('\n'), /causes of gaps are those that are known now/);

      const range = { from: world.now - DAY_MS, to: world.now };
      const whole = await report(world.context, { symbols, out, parts: PARTS, asOf: { job: jobId! }, range });
      assert.is(whole.outcomes[0]!.summary!.rows, 800, 'without those of the later job');
      const now = await report(world.context, { symbols, out, parts: PARTS, range });
      assert.is(now.outcomes[0]!.summary!.rows, 1440);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('before the audit log, or in the future, is refused, and no page is written', async (world) => {
    const symbol = world.listSymbol(1100);
    await backfill(world.context, { symbols: [symbol], minutes: 100 });
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-past-report-'));
    const reportAt = (time: number) =>
      report(world.context, { symbols: [symbol], out: join(folder, 'page.html'), parts: PARTS, asOf: { time } });
    try {
      assert.is((await expectFailure(reportAt(Date.UTC(2020, 0)))).code, 'BEFORE_AUDIT');
      assert.match((await expectFailure(reportAt(Date.now() + 3_600_000))).message, /is in the future/);
      assert.equal(readdirSync(folder), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('of a symbol without rows then has none', async (world) => {
    const symbol = world.listSymbol(1100);
    const cut = await readStatementTime(world.store.knex);
    await new Promise((resolve) => setTimeout(resolve, 3));
    await backfill(world.context, { symbols: [symbol], minutes: 100 });
    const instant = { timeMs: world.now + 5_000, job: null, cutOf: () => cut };
    const past = await inSnapshot(world.store.knex, (trx) => loadPastSymbol(trx, symbol, toQuery(world), instant));
    assert.equal([past.rows.length, past.window.present, past.volume], [0, 0, null]);
    assert.equal(past.jobs, { tallies: [], latest: [] });
    assert.equal(
      past.gaps.map(({ kind, minutes }) => ({ kind, minutes })),
      [{ kind: 'leading', minutes: 1440 }],
    );
  });
});
