import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { EXIT_CODES, Failure } from '../../src/core/failure.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { VERSION } from '../../src/core/version.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { report, type ReportOptions } from '../../src/jobs/report/report.js';
import { formatTime } from '../../src/report/format-figures.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { expectSummary, jobGroup, type JobWorld } from '../harness/job-world.js';

const PARTS = { script: 'const a = 1;', style: 'b{color:red}' };

/** Writes a report into a temporary folder; returns its text and the result of the job. */
async function writeReport(world: JobWorld, options: Omit<ReportOptions, 'out'>) {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-report-job-'));
  try {
    const result = await report(world.context, { parts: PARTS, ...options, out: join(folder, 'page.html') });
    return { result, text: readFileSync(join(folder, 'page.html'), 'utf8'), names: readdirSync(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function countAll(world: JobWorld): Promise<Record<string, number>> {
  const tables = ['rolling_chart_data', 'chartctl_jobs', 'chartctl_changes', 'chartctl_flags', 'chartctl_gaps'];
  const counts = tables.map(async (table) => {
    const found = await world.store.knex(table).count<{ count: string }[]>();
    return [table, Number(found[0]!.count)] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

jobGroup('report', (test) => {
  test('shows the past day of each symbol and returns its summary', async (world) => {
    const symbols = [world.listSymbol(3000), world.listSymbol(3000)];
    world.exchange.hide(symbols[0]!, { from: world.now - 200 * MINUTE_MS, to: world.now - 180 * MINUTE_MS });
    await backfill(world.context, { symbols, minutes: 1500 });
    const { result, text, names } = await writeReport(world, { symbols });
    assert.equal([result.exitCode, result.jobId, names], [EXIT_CODES.done, null, ['page.html']]);
    assert.equal(result.outcomes[0]!.summary, {
      range: { from: world.now - 1440 * MINUTE_MS, to: world.now },
      rows: 1420,
      valid: 1240,
      flagged: 0,
      gaps: 1,
      bySource: { BINANCE_BACKFILL: 1420 },
      isReady: false,
    });
    assert.is(result.outcomes[1]!.summary!.isReady, true);
    assert.is(result.file?.bytes, Buffer.byteLength(text));
    for (const part of [VERSION, '2025-05-31 12:00', '2025-06-01 12:00', '12:00:05 UTC by the exchange&#39;s clock']) {
      assert.ok(text.includes(part), part);
    }
    assert.match(text, /<b>1,420<\/b> <span>of 1,440 minutes/);
    assert.match(text, /2025-06-01 08:40 – 09:00<\/a><\/th><td>20 min<\/td><td class="t">unknown<\/td>/);
    assert.match(text, /warming up after 2025-06-01T08:40Z/);
    assert.match(text, /<th scope="row">backfill<\/th><td>1<\/td><td>0<\/td>/);
  });

  test('changes nothing and records no job', async (world) => {
    const symbol = world.listSymbol(700);
    await backfill(world.context, { symbols: [symbol], minutes: 600 });
    const before = await countAll(world);
    await writeReport(world, { symbols: [symbol] });
    assert.equal(await countAll(world), before);
  });

  test('the same state at the same time gives the same bytes', async (world) => {
    const symbol = world.listSymbol(700);
    await backfill(world.context, { symbols: [symbol], minutes: 600 });
    const [first, second] = [
      await writeReport(world, { symbols: [symbol] }),
      await writeReport(world, { symbols: [symbol] }),
    ];
    assert.is(first.result.file!.sha256, second.result.file!.sha256);
    assert.is(first.text, second.text);
    world.advanceMinutes(1);
    await ingest(world.context, { symbols: [symbol] });
    assert.is.not((await writeReport(world, { symbols: [symbol] })).text, first.text);
  });

  test('the volume line is the threshold of clean, over all rows and not only the range', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 2500 });
    const { threshold } = await expectSummary(clean(world.context, { symbols: [symbol] }));
    const wider = await expectSummary(clean(world.context, { symbols: [symbol], sigma: 5, dryRun: true }));
    const lineOf = (text: string) => /"volume":\{"sigma":(\d+),"threshold":([\d.]+)\}/.exec(text)!.slice(1).map(Number);
    assert.equal(lineOf((await writeReport(world, { symbols: [symbol], minutes: 60 })).text), [3, threshold]);
    const { text } = await writeReport(world, { symbols: [symbol], minutes: 60, sigma: 5 });
    assert.equal(lineOf(text), [5, wider.threshold]);
  });

  test('flags are listed with value, threshold and state; one without a record is external', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 1440 });
    const minute = new Date(world.now - 30 * MINUTE_MS);
    await world.store.knex('rolling_chart_data').where({ symbol, timestamp: minute }).update({ hasmissingdata: true });
    await world.store.knex('chartctl_flags').insert({
      ...{ symbol, timestamp: new Date(world.now - 90 * MINUTE_MS), rule: 'price_jump', value: 0.25, threshold: 0.125 },
      ...{ state: 'confirmed', reason: 'the exchange says so too', set_at: minute, kept: false },
    });
    const { text, result } = await writeReport(world, { symbols: [symbol], minutes: 120 });
    assert.is(result.outcomes[0]!.summary!.flagged, 1);
    assert.match(
      text,
      /<td>1 minute<\/td><td>price_jump<\/td><td>0\.25<\/td><td>0\.125<\/td><td>confirmed<\/td><td class="t">the exchange says so too<\/td>/,
    );
    assert.match(text, /<td>external<\/td><td>–<\/td><td>–<\/td><td>open<\/td>/);
  });

  test('successful ingests are counted, other jobs are listed', async (world) => {
    const symbol = world.listSymbol(700);
    for (let i = 0; i < 3; i += 1) {
      await ingest(world.context, { symbols: [symbol] });
      world.advanceMinutes(1);
    }
    const error = 'the database was full';
    await world.store.knex('chartctl_jobs').insert({
      ...{ command: 'ingest', symbols: [symbol], outcome: 'failed', exit_code: 1, error },
      ...{ started_at: new Date(world.now), finished_at: new Date(world.now + 1500) },
    });
    const { text } = await writeReport(world, { symbols: [symbol] });
    assert.match(text, /<th scope="row">ingest<\/th><td>4<\/td><td>1<\/td>/);
    assert.is(text.match(/<td>ingest<\/td>/g)?.length, 1);
    assert.match(text, new RegExp(`<td>failed</td>.*<td>1\\.5</td><td class="t">${error}</td>`));
  });

  test('a job links to the minutes that it changed, else to those that it was asked for', async (world) => {
    const symbol = world.listSymbol(700);
    const first = { from: world.now - 700 * MINUTE_MS, to: world.now };
    await backfill(world.context, { symbols: [symbol], minutes: 300 });
    world.advanceMinutes(20);
    await backfill(world.context, { symbols: [symbol], minutes: 60 });
    await backfill(world.context, { symbols: [symbol], minutes: 30 });
    const second = { from: first.to, to: world.now };
    const { text } = await writeReport(world, { symbols: [symbol] });
    const links = [...text.matchAll(/<th scope="row"><a href="#symbol-1\/([^"]*)">\d+<\/a>/g)].map(([, link]) => link);
    const place = ({ from, to }: { from: number; to: number }) => {
      return `${new Date(from).toISOString().slice(0, 16)}/${(to - from) / MINUTE_MS}`;
    };
    const asked = { from: world.now - 30 * MINUTE_MS, to: world.now };
    assert.equal(links, [asked, second, first].map(place), 'newest first');
  });

  test('a symbol without a row in the range has a section, too', async (world) => {
    const symbol = world.listSymbol(700);
    await backfill(world.context, { symbols: [symbol], minutes: 60 });
    const range = { from: Date.parse('2024-01-01T00:00Z'), to: Date.parse('2024-01-02T00:00Z') };
    for (const name of [symbol, 'NEVERUSDT']) {
      const { text, result } = await writeReport(world, { symbols: [name], range });
      assert.equal([result.exitCode, result.outcomes[0]!.summary!.rows], [0, 0]);
      assert.match(text, /No row of the range is stored\./);
      assert.match(text, /2024-01-01 00:00 – 2024-01-02 00:00<\/a><\/th><td>24 h<\/td>.*<td>leading<\/td>/);
      assert.not.match(text, /Every minute of the range has a row/);
      assert.match(text, new RegExp(`<h2[^>]*>${name}</h2>`));
    }
  });

  test('rows and gaps cover the whole range, also before the first row', async (world) => {
    const symbol = world.listSymbol(700);
    world.exchange.hide(symbol, { from: world.now - 200 * MINUTE_MS, to: world.now - 180 * MINUTE_MS });
    await backfill(world.context, { symbols: [symbol], minutes: 300 });
    const { text, result } = await writeReport(world, { symbols: [symbol] });
    assert.equal([result.outcomes[0]!.summary!.rows, result.outcomes[0]!.summary!.gaps], [680, 2]);
    assert.match(text, /Missing<\/dt><dd><b>760<\/b> <span>min in 2 gaps/);
    const [first, gap] = [700, 200].map((minutes) => formatTime(world.now - minutes * MINUTE_MS));
    assert.match(text, new RegExp(`– ${first}</a></th>.*not asked yet.*<td>leading</td>`));
    assert.match(text, new RegExp(`>${gap} – .*<td>interior</td>`));
  });

  test('a range that is too long for a browser is rejected', async (world) => {
    const symbol = world.listSymbol(700);
    const range = { from: Date.parse('1000-01-01T00:00Z'), to: world.now };
    await writeReport(world, { symbols: [symbol], range }).then(
      () => assert.unreachable('it was written'),
      (error: unknown) => {
        assert.is((error as Failure).kind, 'usage');
        assert.match((error as Failure).message, /^1000-01-01T00:00Z\.\..* is too long for a page$/);
      },
    );
  });

  test('if a page cannot be written, the existing file is kept', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-report-job-'));
    const symbol = world.listSymbol(700);
    try {
      const out = join(folder, 'nowhere', 'page.html');
      await report(world.context, { symbols: [symbol], parts: PARTS, out }).then(
        () => assert.unreachable('it was written'),
        (error: unknown) => {
          assert.instance(error, Failure);
          assert.is((error as Failure).kind, 'failed');
          assert.match((error as Failure).message, /page\.html": its folder does not exist/);
        },
      );
      writeFileSync(join(folder, 'page.html'), 'before');
      const stop = new AbortController();
      stop.abort(new Failure('interrupted', 'interrupted'));
      const stopped = { ...world.context, signal: stop.signal };
      await report(stopped, { symbols: [symbol], parts: PARTS, out: join(folder, 'page.html') }).then(
        () => assert.unreachable('it went on'),
        (error: unknown) => assert.is((error as Failure).kind, 'interrupted'),
      );
      assert.is(readFileSync(join(folder, 'page.html'), 'utf8'), 'before');
      assert.equal(readdirSync(folder), ['page.html']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a stream gets only the page', async (world) => {
    const symbol = world.listSymbol(700);
    const out = new CapturedStream();
    const { file } = await report(world.context, { symbols: [symbol], parts: PARTS, out });
    assert.is(file, null);
    assert.match(out.text, /^<!doctype html>[^]*<\/html>\n$/);
  });
});
