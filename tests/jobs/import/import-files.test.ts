import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { type Candle, CANDLE_FIELDS } from '../../../src/core/candle.js';
import { EXIT_CODES } from '../../../src/core/failure.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { formatRange, type MinuteRange } from '../../../src/core/range.js';
import { dayFile, entryOf, monthFile, parseFileName } from '../../../src/exchange/archive/archive-file.js';
import { parseArchiveCsv } from '../../../src/exchange/archive/parse-archive-csv.js';
import { readZip } from '../../../src/exchange/archive/read-zip.js';
import { toArchiveCsv } from '../../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { recordGaps } from '../../../src/jobs/fetch/record-gaps.js';
import { importFiles, type ImportOptions, type ImportSummary } from '../../../src/jobs/import/import-files.js';
import { retire } from '../../../src/jobs/retire.js';
import { undo } from '../../../src/jobs/undo.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { findArchiveFiles } from '../../../src/tables/archive-files.js';
import { findGapsIn } from '../../../src/tables/gaps.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { readFixtureBytes } from '../../harness/fixtures.js';
import { ALL_TIME, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { memorySource } from '../../loopback/memory-source.js';

const FIXTURES = resolve('tests/fixtures/archive');
const folder = mkdtempSync(join(tmpdir(), 'chartctl-import-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** A folder of one test. */
function newFolder(): string {
  const path = join(folder, String((files += 1)));
  mkdirSync(path);
  return path;
}

/** The zip of a day or a month with these candles. */
function writeArchiveZip(path: string, name: string, candles: readonly Candle[], madeAt?: number): string {
  const file = parseFileName(name)!;
  const csv = toArchiveCsv(file, memorySource({ [file.symbol]: [...candles] }));
  writeFileSync(join(path, name), writeZip(entryOf(file), csv, madeAt ?? file.range.to + HOUR_MS));
  return join(path, name);
}

function writeCsv(path: string, candles: readonly Candle[]): string {
  const lines = candles.map(({ openTime, ...numbers }) =>
    [new Date(openTime).toISOString(), ...CANDLE_FIELDS.map((field) => numbers[field])].join(','),
  );
  writeFileSync(path, `timestamp,open,high,low,close,volume\n${lines.join('\n')}\n`);
  return path;
}

function candlesOf(rows: readonly Candle[] | Awaited<ReturnType<JobWorld['rows']>>): Candle[] {
  return rows.map(
    ({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume }) as Candle,
  );
}

async function readFixtureZip(name: string): Promise<Candle[]> {
  const file = parseFileName(name)!;
  const { content } = await readZip(readFixtureBytes(`archive/${name}`), entryOf(file));
  return toCandles(parseArchiveCsv(content, file.range).candles);
}

async function importInto(world: JobWorld, paths: string | string[], more: Partial<ImportOptions> = {}) {
  return importFiles(world.context, { files: [paths].flat(), ...more });
}

/** The summary of the only symbol. */
async function importOne(
  world: JobWorld,
  paths: string | string[],
  more: Partial<ImportOptions> = {},
): Promise<ImportSummary> {
  const { outcomes } = await importInto(world, paths, more);
  assert.is(outcomes.length, 1);
  if (outcomes[0]!.failure) throw outcomes[0]!.failure;
  return outcomes[0]!.summary!;
}

let symbols = 0;
const newSymbol = () => `IMPORT${(symbols += 1)}USDT`;

/** The day before yesterday of the exchange's clock. */
function dayOf(world: JobWorld): MinuteRange {
  return dayFile('X', world.now - 2 * DAY_MS).range;
}

jobGroup('import of files', (test) => {
  test('real files of the archive, in a folder: a partial day is refused, the others are stored', async (world) => {
    world.exchange.clock.set(Date.UTC(2026, 1, 1));
    const { outcomes, exitCode, others, refused, jobId } = await importInto(world, FIXTURES);
    assert.is(exitCode, EXIT_CODES.incomplete);
    assert.equal(others, [join(FIXTURES, 'missing-file-404-body.xml')]);
    assert.equal(refused, []);
    const [arb, btc, eth] = outcomes;
    assert.equal([arb!.symbol, btc!.symbol, eth!.symbol], ['ARBUSDT', 'BTCUSDT', 'ETHUSDT']);
    assert.is(
      arb!.failure?.message,
      `no file of it can be imported: ${join(FIXTURES, 'ARBUSDT-1m-2023-07-27.zip')}: ` +
        'it was made at 2023-07-27T03:50Z, before its day ended at 2023-07-28T00:00Z',
    );
    assert.is(btc!.summary?.inserted, 4240); // two whole days, and the day of the outage
    assert.equal(btc!.summary?.missing.map(formatRange), ['2023-03-24T12:40Z..2023-03-24T14:00Z (80 min)']);
    assert.is(btc!.summary?.missingMinutes, 80);
    assert.is(eth!.summary?.inserted, 1440);

    assert.equal(await world.rows('ARBUSDT'), []);
    const days = ['2020-01-01', '2023-03-24', '2026-01-14'].map((day) => readFixtureZip(`BTCUSDT-1m-${day}.zip`));
    const bitcoin = await world.rows('BTCUSDT');
    assert.equal(candlesOf(bitcoin), (await Promise.all(days)).flat());
    assert.is(bitcoin.at(-1)!.openTime, Date.UTC(2026, 0, 14, 23, 59)); // microseconds
    const ethereum = await world.rows('ETHUSDT');
    assert.equal(candlesOf(ethereum), await readFixtureZip('ETHUSDT-1m-2022-03-08.zip'));
    assert.ok([...bitcoin, ...ethereum].every(({ source }) => source === 'BINANCE_BACKFILL'));
    assertMatchesReference(bitcoin);
    assertMatchesReference(ethereum);

    const records = await findArchiveFiles(world.store.knex, 'BTCUSDT', ALL_TIME);
    assert.equal(
      records.map(({ name, isVerified, rows, missing, duplicates }) => [name, isVerified, rows, missing, duplicates]),
      [
        ['BTCUSDT-1m-2020-01-01.zip', true, 1440, 0, 0],
        ['BTCUSDT-1m-2023-03-24.zip', false, 1360, 80, 0],
        ['BTCUSDT-1m-2026-01-14.zip', true, 1440, 0, 0],
      ],
    );
    const [republished] = await findArchiveFiles(world.store.knex, 'ETHUSDT', ALL_TIME);
    const { range } = dayFile('ETHUSDT', Date.UTC(2022, 2, 8));
    const path = join(FIXTURES, 'ETHUSDT-1m-2022-03-08.zip');
    assert.equal(
      [republished!.url, republished!.sha256, republished!.jobId, republished!.entryTime, republished!.used],
      [path, sha256Of('ETHUSDT-1m-2022-03-08.zip'), jobId, Date.UTC(2022, 6, 29, 1, 14, 18), [range]],
    );
  });

  test('a second import takes nothing; undo removes what the first one stored', async (world) => {
    const symbol = newSymbol();
    const path = newFolder();
    writeArchiveZip(path, dayFile(symbol, dayOf(world).from).name, generateCandles(symbol, dayOf(world)));
    const first = await importInto(world, path);
    const before = await world.rows(symbol);
    const second = await importOne(world, path);
    assert.equal([second.plannedMinutes, second.inserted, second.rebuilt], [0, 0, 0]);
    assert.equal(await world.rows(symbol), before);
    assert.is((await findArchiveFiles(world.store.knex, symbol, ALL_TIME)).length, 1);
    await undo(world.context, { job: first.jobId! });
    assert.equal(await world.rows(symbol), []);
  });

  test('valid rows are kept; missing and flagged minutes are taken, and known gaps that are filled go', async (world) => {
    const symbol = newSymbol();
    const day = dayOf(world);
    const candles = generateCandles(symbol, day);
    world.binance.put(symbol, generateCandles(symbol, { from: day.from - DAY_MS, to: day.to }));
    await backfill(world.context, { symbols: [symbol], range: day });
    const before = await world.rows(symbol);
    const minuteAt = (minute: number) => day.from + minute * MINUTE_MS;
    const [flagged, gap] = [minuteAt(500), { from: minuteAt(600), to: minuteAt(640) }];
    await world.store.knex.transaction(async (trx) => {
      const key = { symbol, timestamp: new Date(flagged) };
      await trx('rolling_chart_data').where(key).update({ hasmissingdata: true });
      await removeRows(
        trx,
        symbol,
        Array.from({ length: 40 }, (_, i) => minuteAt(600 + i)),
      );
    });
    const report = { symbol, jobId: 1, lockWaitMs: 1000, nowMs: world.now, offMinute: [] };
    await recordGaps(world.context, { ...report, requested: [gap], absent: [gap] });
    const revised = candles.map(reviseCandle); // the file differs from the table everywhere
    const path = writeCsv(join(newFolder(), 'any.csv'), revised.slice(0, 620));
    const summary = await importOne(world, path, { symbol });
    assert.equal([summary.inserted, summary.replaced, summary.plannedMinutes], [20, 1, 21]);
    const after = await world.rows(symbol);
    const taken = new Set([flagged, ...Array.from({ length: 20 }, (_, i) => minuteAt(600 + i))]);
    const expected = candlesOf(before).flatMap((candle) => {
      if (taken.has(candle.openTime)) return [revised[(candle.openTime - day.from) / MINUTE_MS]!];
      return gap.from <= candle.openTime && candle.openTime < gap.to ? [] : [candle];
    });
    assert.equal(candlesOf(after), expected);
    assert.ok(after.every(({ hasMissingData }) => !hasMissingData));
    const known = await findGapsIn(world.store.knex, symbol, day);
    assert.equal(known.map(formatRange), [formatRange({ from: minuteAt(620), to: gap.to })]);
    const [record] = await findArchiveFiles(world.store.knex, symbol, ALL_TIME);
    assert.equal(record!.used, [
      { from: flagged, to: flagged + MINUTE_MS },
      { from: gap.from, to: minuteAt(620) },
    ]);
  });

  test('with dryRun the plan is that of the import, and nothing changes', async (world) => {
    const symbol = newSymbol();
    const day = dayOf(world);
    const path = newFolder();
    const candles = generateCandles(symbol, day);
    writeArchiveZip(path, dayFile(symbol, day.from).name, candles);
    writeCsv(join(path, 'again.csv'), candles.slice(0, 700)); // the same minutes: taken from the zip
    const planned = await importOne(world, path, { symbol, dryRun: true });
    assert.equal(await world.rows(symbol), []);
    assert.equal(await findArchiveFiles(world.store.knex, symbol, ALL_TIME), []);
    assert.equal([planned.plannedMinutes, planned.inserted, planned.missingMinutes], [1440, 0, 0]);
    const done = await importOne(world, path, { symbol });
    assert.equal(done.planned, planned.planned);
    assert.equal(
      done.files.map(({ taken, minutes }) => [taken, minutes]),
      [
        [1440, 1440],
        [0, 700],
      ],
    );
    assert.is(done.inserted, 1440);
  });

  test('of a day and its month the day is believed', async (world) => {
    const symbol = newSymbol();
    const path = newFolder();
    const month = monthFile(symbol, Date.UTC(2025, 2, 1));
    const day = dayFile(symbol, Date.UTC(2025, 2, 2));
    const daily = generateCandles(symbol, day.range);
    const range = { from: day.range.from, to: day.range.to + DAY_MS };
    const later = generateCandles(symbol, range).slice(daily.length);
    writeArchiveZip(path, month.name, [...daily.map(reviseCandle), ...later]);
    writeArchiveZip(path, day.name, daily);
    const summary = await importOne(world, path);
    assert.equal(candlesOf(await world.rows(symbol)), [...daily, ...later]);
    assert.equal(summary.range, month.range);
    assert.equal(summary.missing, [
      { from: month.range.from, to: range.from },
      { from: range.to, to: month.range.to },
    ]);
  });

  test('a CSV of years and of several symbols is imported month by month', async (world) => {
    const [first, second] = [newSymbol(), newSymbol()];
    const from = Date.UTC(2025, 0, 31, 12);
    const lines = [first, second].map((symbol) => {
      const candles = generateCandles(symbol, { from, to: from + DAY_MS });
      return candles.map(({ openTime, open, high, low, close, volume }) =>
        [symbol, openTime * 1000, open, high, low, close, volume].join(','),
      );
    });
    const text = ['symbol,timestamp,open,high,low,close,volume', ...lines.flat().reverse()].join('\n');
    const path = join(newFolder(), 'all.csv');
    writeFileSync(path, text);
    const { outcomes } = await importInto(world, path);
    for (const { symbol, summary } of outcomes) {
      assert.is(summary?.inserted, 1440);
      const rows = await world.rows(symbol);
      assert.equal(candlesOf(rows), generateCandles(symbol, { from, to: from + DAY_MS }));
      assertMatchesReference(rows);
      assert.is((await findArchiveFiles(world.store.knex, symbol, ALL_TIME))[0]!.sha256, sha256(Buffer.from(text)));
    }
  });

  test('a file that is refused is named and does not keep the others from being imported', async (world) => {
    const symbol = newSymbol();
    const path = newFolder();
    const days = [0, 1, 2].map((offset) => dayFile(symbol, dayOf(world).from - offset * DAY_MS));
    const zips = days.map(({ name, range }) => writeArchiveZip(path, name, generateCandles(symbol, range)));
    writeFileSync(`${zips[1]}.CHECKSUM`, `${'0'.repeat(64)}  ${days[1]!.name}`);
    const other = join(path, `${symbol}-5m-2025-01-01.zip`);
    copyFileSync(zips[0]!, other);
    const text = join(path, 'notes.txt');
    writeFileSync(text, 'some text');
    const result = await importInto(world, path);
    assert.is(result.exitCode, EXIT_CODES.incomplete);
    assert.equal(result.refused, [{ path: other, reason: 'it holds 5m, expected 1m' }]);
    assert.equal(result.others, [text]);
    assert.equal(
      world.notices.filter((notice) => notice.startsWith('skipped')),
      [`skipped, not candle files: 1 (${text})`],
    );
    const { summary } = result.outcomes[0]!;
    assert.is(summary?.inserted, 2880);
    const [refused] = summary!.refused;
    assert.is(refused!.path, zips[1]);
    assert.match(refused!.reason, /^its SHA-256 is [0-9a-f]{64}, expected 0{64}$/);
  });

  test('if no file can be imported the failure says why', async (world) => {
    const symbol = newSymbol();
    const path = newFolder();
    const day = dayOf(world);
    const future = dayFile(symbol, world.now);
    const zip = writeArchiveZip(path, future.name, generateCandles(symbol, { from: future.range.from, to: world.now }));
    const { outcomes, exitCode } = await importInto(world, zip);
    assert.is(exitCode, EXIT_CODES.failed);
    assert.match(outcomes[0]!.failure!.message, /: its day is not over by the clock: 2025-06-01T00:00Z\.\./);
    const csv = writeCsv(join(path, 'any.csv'), generateCandles(symbol, day).slice(0, 3));
    const unnamed = await expectFailure(importInto(world, csv));
    assert.equal([unnamed.kind, unnamed.code], ['failed', 'REFUSED']);
    assert.match(unnamed.message, /any\.csv: neither its name nor a column says the symbol: give it with --symbol$/);
    const empty = await expectFailure(importInto(world, newFolder()));
    assert.equal([empty.kind, empty.code, empty.message], ['failed', 'NO_FILES', 'there is no file to import']);
    const absent = await expectFailure(importInto(world, [csv, join(path, 'absent')]));
    assert.equal([absent.kind, absent.message], ['usage', `"${join(path, 'absent')}" does not exist`]);
    const binary = join(path, 'program.exe');
    writeFileSync(binary, 'MZ');
    assert.match((await expectFailure(importInto(world, binary))).message, /its name is none of a file to import/);
    assert.equal(await world.rows(symbol), []);
  });

  test('a retired symbol is imported, and without an answer of the exchange the local clock is used', async (world) => {
    const symbol = newSymbol();
    const path = newFolder();
    const day = dayOf(world);
    const candles = generateCandles(symbol, day);
    await importOne(world, writeCsv(join(path, `${symbol}-1m-2025-05.csv`), candles.slice(0, 10)));
    await retire(world.context, { symbols: [symbol] });
    await world.exchange.close();
    const summary = await importOne(world, writeArchiveZip(path, dayFile(symbol, day.from).name, candles));
    assert.is(summary.inserted, 1430);
    assert.ok(
      world.notices.some((notice) => notice.startsWith('using the local clock: ')),
      world.notices.join('\n'),
    );
  });
});

function sha256Of(name: string): string {
  return sha256(readFixtureBytes(`archive/${name}`));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
