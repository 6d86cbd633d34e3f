import * as assert from 'uvu/assert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { countMinutes, type MinuteRange } from '../../../src/core/range.js';
import { dayFile, entryOf, monthFile } from '../../../src/exchange/archive/archive-file.js';
import { parseArchiveCsv } from '../../../src/exchange/archive/parse-archive-csv.js';
import { readZip } from '../../../src/exchange/archive/read-zip.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { toArchiveCsv, toChecksum } from '../../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import { backfill, type BackfillOptions } from '../../../src/jobs/backfill/backfill.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { findArchiveFiles } from '../../../src/tables/archive-files.js';
import { findGapsIn } from '../../../src/tables/gaps.js';
import {
  ALL_TIME,
  expectJobFailure,
  expectSummary,
  findRowAt,
  jobGroup,
  type JobWorld,
  reviseCandle,
} from '../../harness/job-world.js';
import { databases } from '../../harness/databases.js';
import { readFixtureBytes } from '../../harness/fixtures.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { fault } from '../../loopback/faults.js';

/** The clock shows 2025-06-01T12:00; the last three whole days that are old enough, and the month before. */
const MAY = { from: Date.UTC(2025, 4, 1), to: Date.UTC(2025, 5, 1) };
const DAYS = { from: Date.UTC(2025, 4, 26), to: Date.UTC(2025, 4, 29) };

let listed = 0;

/** Lists a symbol with candles of a range on Binance. */
function listRange(world: JobWorld, range: MinuteRange): string {
  const symbol = `A${(listed += 1)}USDT`;
  world.binance.put(symbol, generateCandles(symbol, range));
  return symbol;
}

function run(world: JobWorld, symbol: string, range: MinuteRange, options: Partial<BackfillOptions> = {}) {
  return backfill(world.context, { symbols: [symbol], range, ...options });
}

/** The klines that the API was asked for, and the files of the archive, by their names. */
function asked({ exchange }: JobWorld): { klines: number; files: string[] } {
  const files = exchange.requests.filter((request) => request.exchange === 'archive' && request.path.endsWith('.zip'));
  return {
    klines: exchange.requests.filter(({ path }) => path.endsWith('/klines')).length,
    files: files.map(({ path }) => path.slice(path.indexOf('-1m-') + 4, -4)),
  };
}

/** What the archive serves for a file from now on: its candles changed, or rows as text. */
function serveCsv(
  world: JobWorld,
  file: ReturnType<typeof dayFile>,
  change: (csv: string) => string,
  etag = 'changed',
): void {
  const csv = change(toArchiveCsv(file, world.binance).toString());
  const zip = writeZip(entryOf(file), Buffer.from(csv), file.range.to + HOUR_MS);
  world.exchange.faults.always({ status: 404, body: '' }, { path: `${file.name}.CHECKSUM` });
  world.exchange.faults.always({ body: zip, headers: { etag: `"${etag}"` } }, { path: file.name });
}

/** Removes the rows of some minutes from a CSV. */
function without(range: MinuteRange) {
  return (csv: string) =>
    csv
      .split('\n')
      .filter((line) => line === '' || Number(line.slice(0, 13)) < range.from || Number(line.slice(0, 13)) >= range.to)
      .join('\n');
}

jobGroup('backfill from the archive', (test) => {
  test('whole old days come from the archive, the warm-up before them from the API; rows are as by the API', async (world) => {
    const symbol = listRange(world, { from: DAYS.from - DAY_MS, to: DAYS.to });
    const summary = await expectSummary(run(world, symbol, DAYS));
    assert.equal(summary.archive, { files: 3, bytes: 3 * 71_500, candles: 3 * 1440, refused: [] });
    assert.equal([summary.inserted, summary.requests, summary.valid], [3 * 1440 + 400, 1, 3 * 1440]);
    assert.equal(asked(world).files.sort(), ['2025-05-26', '2025-05-27', '2025-05-28']);
    const rows = await world.rows(symbol);
    assert.ok(rows.every(({ source, writtenAt }) => source === 'BINANCE_BACKFILL' && writtenAt !== null));
    assertMatchesReference(rows);
    world.exchange.requests.length = 0;
    const again = await expectSummary(run(world, symbol, DAYS));
    assert.equal([again.plannedMinutes, again.archive.files], [0, 0]);
    assert.equal(asked(world), { klines: 0, files: [] });
  });

  test('the files of rows are recorded', async (world) => {
    const symbol = listRange(world, DAYS);
    const { jobId } = await run(world, symbol, DAYS);
    const files = await findArchiveFiles(world.store.knex, symbol, ALL_TIME);
    assert.equal(
      files.map(({ name, range, used, rows, missing, duplicates, isVerified, jobId: job }) => {
        return { name, range, used, rows, missing, duplicates, isVerified, job };
      }),
      [26, 27, 28].map((day) => {
        const { name, range } = dayFile(symbol, Date.UTC(2025, 4, day));
        return { name, range, used: [range], rows: 1440, missing: 0, duplicates: 0, isVerified: true, job: jobId };
      }),
    );
    assert.match(files[0]!.sha256, /^[0-9a-f]{64}$/);
    assert.is(files[0]!.entryTime, files[0]!.range.to + HOUR_MS);
  });
});

jobGroup(
  'the checks of the archive',
  (test) => {
    test('valid rows stay, whatever the archive says', async (world) => {
      const symbol = listRange(world, { from: DAYS.from - DAY_MS, to: DAYS.to });
      const kept = { from: DAYS.from + 12 * HOUR_MS, to: DAYS.from + 18 * HOUR_MS };
      await run(world, symbol, kept);
      const before = (await world.rows(symbol)).filter(({ openTime }) => openTime >= kept.from && openTime < kept.to);
      assert.ok(before.every(({ isComplete }) => isComplete));
      world.binance.put(
        symbol,
        before.map((row) =>
          reviseCandle({
            ...row,
            open: row.open!,
            high: row.high!,
            low: row.low!,
            close: row.close!,
            volume: row.volume!,
          }),
        ),
      );
      const summary = await expectSummary(run(world, symbol, DAYS));
      assert.is(summary.replaced, 0);
      const after = await world.rows(symbol);
      for (const row of before) assert.equal(findRowAt(after, row.openTime), row);
    });

    test('what a file lacks is requested from the API, and only that', async (world) => {
      const symbol = listRange(world, DAYS);
      const file = dayFile(symbol, DAYS.from + DAY_MS);
      const hole = { from: file.range.from + 5 * HOUR_MS, to: file.range.from + 5 * HOUR_MS + 7 * MINUTE_MS };
      serveCsv(world, file, without(hole));
      const summary = await expectSummary(run(world, symbol, DAYS));
      assert.equal([summary.inserted, summary.archive.candles], [3 * 1440, 3 * 1440 - 7]);
      const klines = world.exchange.requests.filter(
        ({ path, startTime }) => path.endsWith('/klines') && startTime! >= DAYS.from,
      );
      assert.equal(
        klines.map(({ startTime }) => startTime),
        [hole.from],
      );
      assertMatchesReference(await world.rows(symbol));
    });

    test('what neither has is a known gap with a cause of its own', async (world) => {
      const symbol = listRange(world, DAYS);
      const hole = { from: DAYS.from + 30 * HOUR_MS, to: DAYS.from + 31 * HOUR_MS };
      world.binance.remove(symbol, hole);
      const summary = await expectSummary(run(world, symbol, DAYS));
      const cause = 'neither in the API nor in the archive';
      assert.equal(
        summary.absent.filter(({ from }) => from >= DAYS.from),
        [{ ...hole, cause, haltedMinutes: 0 }],
      );
      assert.is(summary.stillMissing, 0);
      const [known] = await findGapsIn(world.store.knex, symbol, hole);
      assert.is(known?.askedCount, 1);
    });

    test("a month is read from its file, compared with one daily file; its outage day from that day's file", async (world) => {
      const symbol = listRange(world, MAY);
      world.binance.remove(symbol, { from: Date.UTC(2025, 4, 9, 12, 40), to: Date.UTC(2025, 4, 9, 14) });
      world.exchange.clock.set(Date.UTC(2025, 5, 20));
      const summary = await expectSummary(run(world, symbol, MAY));
      assert.equal(asked(world).files.sort(), ['2025-05', '2025-05-09', '2025-05-17']);
      assert.equal([summary.inserted, summary.archive.candles], [31 * 1440 - 80, 31 * 1440 - 80]);
      const used = (await findArchiveFiles(world.store.knex, symbol, ALL_TIME)).map(({ name, used }) => [
        name,
        used.length,
      ]);
      assert.equal(used, [
        [monthFile(symbol, MAY.from).name, 3],
        [dayFile(symbol, Date.UTC(2025, 4, 9)).name, 1],
        [dayFile(symbol, Date.UTC(2025, 4, 17)).name, 1],
      ]);
    });

    test('where a month differs from a daily file, all its days are read from their files', async (world) => {
      const symbol = listRange(world, MAY);
      world.exchange.clock.set(Date.UTC(2025, 5, 20));
      const month = monthFile(symbol, MAY.from);
      serveCsv(world, month, (csv) =>
        csv.replaceAll(/,0$/gm, ',0').replaceAll(/^(1747[^,]*,[^,]*,[^,]*,[^,]*,[^,]*),[^,]*/gm, '$1,7.00000000'),
      );
      const summary = await expectSummary(run(world, symbol, MAY));
      assert.is(asked(world).files.length, 1 + 31);
      assert.match(
        summary.archive.refused.join(),
        /^A\d+USDT-1m-2025-05.zip: it differs from the daily file at 2025-05-1\dT/,
      );
      const rows = await world.rows(symbol);
      assert.equal(
        rows.map(({ volume }) => volume),
        world.binance.candles(symbol, MAY).map(({ volume }) => volume),
      );
      const recorded = await findArchiveFiles(world.store.knex, symbol, ALL_TIME);
      assert.equal(recorded.find(({ name }) => name === month.name)?.used, []);
    });

    test('a month that differed is not read again until it is published anew', async (world) => {
      const first = { from: MAY.from, to: MAY.from + 9 * DAY_MS };
      const second = { from: first.to, to: first.to + 9 * DAY_MS };
      const withOtherVolumes = (csv: string) =>
        csv.replaceAll(/^(1746[^,]*,[^,]*,[^,]*,[^,]*,[^,]*),[^,]*/gm, '$1,7.00000000');
      world.exchange.clock.set(Date.UTC(2025, 5, 20));
      for (const isPublishedAnew of [false, true]) {
        const symbol = listRange(world, MAY);
        const archive = await world.context.market.openArchive!();
        const [listed] = (await archive.listFiles(symbol, 'month', MAY))!;
        serveCsv(world, listed!.file, withOtherVolumes, isPublishedAnew ? 'an earlier file' : listed!.etag);
        const differed = await expectSummary(run(world, symbol, first, { via: 'archive' }));
        assert.equal([differed.archive.files, differed.archive.refused.length], [9, 1]);
        world.exchange.faults.clear();
        world.exchange.requests.length = 0;
        const again = await expectSummary(run(world, symbol, second, { via: 'archive' }));
        assert.equal([again.inserted, again.archive.refused], [9 * 1440, []]);
        const months = asked(world).files.filter((name) => name.length === '2025-05'.length);
        assert.equal([again.archive.files, months.length], isPublishedAnew ? [2, 1] : [9, 0]);
      }
    });

    test('a month that is faulty or not published never blocks its days', async (world) => {
      for (const answer of [{ status: 404, body: '' }, fault.html(), { body: 'PK' }]) {
        const symbol = listRange(world, { from: MAY.from, to: MAY.from + 8 * DAY_MS });
        world.exchange.clock.set(Date.UTC(2025, 5, 20));
        world.exchange.faults.clear();
        world.exchange.faults.always(answer, { path: `${symbol}-1m-2025-05.zip` });
        world.exchange.requests.length = 0;
        const summary = await expectSummary(run(world, symbol, { from: MAY.from, to: MAY.from + 8 * DAY_MS }));
        assert.is(summary.archive.candles, 8 * 1440);
        assert.is(asked(world).files.filter((name) => name.length === 10).length, 8);
      }
    });

    test('a day whose file is partial, faulty or absent comes from the API', async (world) => {
      const symbol = listRange(world, DAYS);
      const [first, second, third] = [0, 1, 2].map((i) => dayFile(symbol, DAYS.from + i * DAY_MS));
      const partial = writeZip(entryOf(first!), toArchiveCsv(first!, world.binance), first!.range.to - MINUTE_MS);
      world.exchange.faults.always({ status: 404, body: '' }, { path: '.CHECKSUM' });
      world.exchange.faults.always({ body: partial }, { path: first!.name });
      serveCsv(world, second!, (csv) => csv.replace(/(,[^,]*){2}$/m, ''));
      world.exchange.faults.always({ status: 404, body: '' }, { path: third!.name });
      const summary = await expectSummary(run(world, symbol, DAYS));
      assert.equal([summary.inserted, summary.archive.candles], [3 * 1440, 0]);
      assert.equal(summary.archive.refused.map((reason) => reason.slice(reason.indexOf(': ') + 2)).sort(), [
        'it was made at 2025-05-26T23:59Z, before its day ended at 2025-05-27T00:00Z',
        'line 1: it has 10 fields, expected 12',
      ]);
      assertMatchesReference(await world.rows(symbol));
    });

    test("ARBUSDT's real file of 2023-07-27, which ends at 03:49, is refused, and its day completed from the API", async (world) => {
      const july = { from: Date.UTC(2023, 6, 26), to: Date.UTC(2023, 6, 29) };
      const file = dayFile('ARBUSDT', Date.UTC(2023, 6, 27));
      const zip = readFixtureBytes('archive/ARBUSDT-1m-2023-07-27.zip');
      const { content } = await readZip(zip, entryOf(file));
      const real = toCandles(parseArchiveCsv(content, file.range).candles);
      assert.is(real.length, 230);
      world.binance.put('ARBUSDT', [...generateCandles('ARBUSDT', july), ...real]);
      world.exchange.faults.always({ body: toChecksum(zip, file.name) }, { path: `${file.name}.CHECKSUM` });
      world.exchange.faults.always({ body: zip }, { path: file.name });
      const summary = await expectSummary(run(world, 'ARBUSDT', july));
      assert.equal([summary.valid, summary.archive.files, summary.archive.candles], [3 * 1440 - 400, 2, 2 * 1440]);
      assert.equal(summary.archive.refused, [
        `${file.name}: it was made at 2023-07-27T03:50Z, before its day ended at 2023-07-28T00:00Z`,
      ]);
      const rows = await world.rows('ARBUSDT');
      assert.equal(
        rows.map(({ openTime, close, volume }) => [openTime, close, volume]),
        world.binance.candles('ARBUSDT', july).map(({ openTime, close, volume }) => [openTime, close, volume]),
      );
      assert.is(findRowAt(rows, real[229]!.openTime).volume, real[229]!.volume);
      assertMatchesReference(rows);
      const klines = world.exchange.requests.filter(
        ({ path, startTime }) => path.endsWith('/klines') && startTime! >= july.from,
      );
      assert.is(klines.length, 2, "that day's");
    });

    test('of rows of one minute that differ, and of minutes with klines off the minute, the API decides', async (world) => {
      const symbol = listRange(world, DAYS);
      const file = dayFile(symbol, DAYS.from);
      serveCsv(world, file, (csv) => {
        const lines = csv.split('\n');
        const other = lines[700]!.replace(/^((?:[^,]*,){5})[^,]*/, '$199.00000000');
        const late = lines[900]!.replace(/^(\d+),/, (_, time) => `${Number(time) + 20_799_000},`);
        return [...lines.slice(0, 901), other, late, ...lines.slice(901)].join('\n');
      });
      const summary = await expectSummary(run(world, symbol, DAYS));
      assert.equal([summary.inserted, summary.archive.candles], [3 * 1440, 3 * 1440 - 2]);
      const rows = await world.rows(symbol);
      assert.equal(
        rows.map(({ volume }) => volume),
        world.binance.candles(symbol, DAYS).map(({ volume }) => volume),
      );
    });

    test('an archive that cannot be reached leaves everything to the API, with one notice', async (world) => {
      const symbol = listRange(world, DAYS);
      world.exchange.faults.always(fault.forbidden(), { exchange: 'archive' });
      const summary = await expectSummary(run(world, symbol, DAYS));
      assert.equal([summary.inserted, summary.archive.candles], [3 * 1440, 0]);
      assert.is(world.notices.filter((notice) => notice.includes('the archive cannot be read')).length, 1);
      assert.is(
        (await expectJobFailure(run(world, listRange(world, DAYS), DAYS, { via: 'archive' }))).code,
        'FORBIDDEN',
      );
    });

    test('what the archive lacks is requested from the API together with the newest minutes', async (world) => {
      const range = { from: DAYS.from, to: world.now };
      const listedRange = { ...range, from: DAYS.from - DAY_MS };
      const refused = listRange(world, listedRange);
      world.exchange.faults.always(fault.forbidden(), { exchange: 'archive' });
      assert.is((await expectSummary(run(world, refused, range))).valid, countMinutes(range));
      world.exchange.faults.clear();
      const symbol = listRange(world, listedRange);
      const hole = { from: DAYS.from + HOUR_MS, to: DAYS.from + 2 * HOUR_MS };
      serveCsv(world, dayFile(symbol, DAYS.from), without(hole));
      assert.is((await expectSummary(run(world, symbol, range))).valid, countMinutes(range));
    });

    test('where the API answers 451, all past days come from the archive, and the rest is said', async (world) => {
      const symbol = listRange(world, { from: DAYS.from, to: world.now });
      world.exchange.faults.always(fault.restricted(), { path: '/api/v3/klines' });
      const hole = { from: DAYS.from + HOUR_MS, to: DAYS.from + 2 * HOUR_MS };
      world.binance.remove(symbol, hole);
      const range = { from: DAYS.from, to: world.now };
      const { outcomes, exitCode } = await backfill(world.context, { symbols: [symbol], range });
      const { summary } = outcomes[0]!;
      assert.is(summary!.inserted, 4 * 1440 - 60);
      assert.equal(
        summary!.absent.filter(({ from }) => from >= DAYS.from).map(({ cause }) => cause),
        ['not in the archive'],
      );
      assert.equal([exitCode, summary!.stillMissing + summary!.late], [3, 2 * 1440 + 720]);
      assert.match(
        world.notices.join('\n'),
        /does not serve this location \(451\): candles are taken from .* alone; 3600 newer minutes are left/,
      );
      // once the API can be asked, it is: the archive's word is not the exchange's
      world.exchange.faults.clear();
      world.context.market = openMarket(world.exchange.config); // a host that refused is not asked again by a process
      world.binance.put(symbol, generateCandles(symbol, hole));
      const again = await expectSummary(run(world, symbol, range));
      assert.equal([again.stillMissing, again.absent.filter(({ from }) => from >= DAYS.from)], [0, []]);
    });

    test('a symbol that the API does not know any more comes from the archive', async (world) => {
      const symbol = listRange(world, DAYS);
      world.exchange.faults.always(
        { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } },
        { exchange: 'binance', symbol },
      );
      assert.is((await expectSummary(run(world, symbol, DAYS))).inserted, 3 * 1440);
      const unknown = 'NEVERUSDT';
      assert.is((await expectJobFailure(run(world, unknown, DAYS))).code, 'UNKNOWN_SYMBOL');
    });

    test('no archive belongs to another base URL than Binance’s, unless one is configured', async (world) => {
      const symbol = listRange(world, DAYS);
      world.context.market = openMarket({ binanceUrls: [world.exchange.url], fallbacks: [] });
      const failure = await expectJobFailure(run(world, symbol, DAYS, { via: 'archive' }));
      assert.equal([failure.kind, failure.code], ['usage', 'NO_ARCHIVE']);
      assert.is((await expectSummary(run(world, symbol, DAYS))).inserted, 3 * 1440);
      assert.equal(asked(world).files, []);
      const hosts = ['https://api.binance.com', 'https://data-api.binance.vision', 'https://api4.binance.com'];
      assert.ok('openArchive' in openMarket({ binanceUrls: hosts, fallbacks: [] }));
      const testNetwork = openMarket({ binanceUrls: ['https://testnet.binance.vision'], fallbacks: [] });
      assert.not.ok('openArchive' in testNetwork);
    });

    test('--via archive sends no request for candles to the API', async (world) => {
      const symbol = listRange(world, DAYS);
      const summary = await expectSummary(
        run(world, symbol, { from: DAYS.from, to: DAYS.from + HOUR_MS }, { via: 'archive' }),
      );
      assert.is(summary.inserted, 60);
      // and the warm-up of the day before, which is not there
      assert.equal(asked(world), { klines: 0, files: ['2025-05-25', '2025-05-26'] });
    });

    test('rows after minutes that the archive lacks are rebuilt, although the API is not asked', async (world) => {
      const symbol = listRange(world, DAYS);
      await run(world, symbol, DAYS);
      const lost = DAYS.from + 30 * HOUR_MS;
      await world.store
        .knex('rolling_chart_data')
        .where({ symbol, timestamp: new Date(lost) })
        .delete();
      serveCsv(world, dayFile(symbol, lost), without({ from: lost, to: lost + MINUTE_MS }));
      const summary = await expectSummary(run(world, symbol, DAYS, { via: 'archive' }));
      assert.equal([summary.stillMissing, summary.absent.length], [0, 1]);
      assert.ok(summary.rebuilt >= 400, `${summary.rebuilt} rows`);
      const rows = await world.rows(symbol);
      assert.is(findRowAt(rows, lost + MINUTE_MS).isComplete, false);
      assertMatchesReference(rows);
    });

    test('a plan says files, size, requests and seconds, and reads no file', async (world) => {
      const symbol = listRange(world, MAY);
      world.exchange.clock.set(Date.UTC(2025, 5, 20));
      const summary = await expectSummary(run(world, symbol, MAY, { dryRun: true }));
      assert.equal(summary.archive, { files: 2, bytes: 2_271_500, candles: 31 * 1440, refused: [] });
      assert.equal([summary.requests, summary.seconds], [1, 2]);
      const toNow = await expectSummary(
        run(world, symbol, { from: DAYS.from, to: Date.UTC(2025, 5, 20) }, { dryRun: true, via: 'archive' }),
      );
      // the warm-up on 25 May, and the days up to 17 June
      assert.is(toNow.archive.candles, 400 + (Date.UTC(2025, 5, 18) - DAYS.from) / MINUTE_MS);
      assert.equal(asked(world).files, []);
    });

    test('--from listing begins with the first candle', async (world) => {
      const symbol = listRange(world, { from: DAYS.from + 15 * HOUR_MS, to: DAYS.to });
      const range = { from: 0, to: DAYS.to };
      const summary = await expectSummary(run(world, symbol, range, { fromListing: true }));
      assert.equal(summary.range, { from: DAYS.from + 15 * HOUR_MS, to: DAYS.to });
      assert.is(summary.inserted, 2 * 1440 + 540);
      assert.is((await expectJobFailure(run(world, 'NEVERUSDT', range, { fromListing: true }))).code, 'UNKNOWN_SYMBOL');
    });

    test('--from listing finds the first day of a symbol that only the archive has', async (world) => {
      const symbol = listRange(world, { from: DAYS.from + 15 * HOUR_MS, to: DAYS.to });
      world.exchange.clock.set(Date.UTC(2025, 5, 20)); // the month is published
      world.exchange.faults.always(
        { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } },
        { path: '/api/v3/klines' },
      );
      const summary = await expectSummary(run(world, symbol, { from: 0, to: DAYS.to }, { fromListing: true }));
      assert.equal(summary.range, DAYS);
      assert.equal([summary.inserted, summary.stillMissing], [2 * 1440 + 540, 0]);
      assert.equal(
        summary.absent.map(({ from, to }) => [from, to]),
        [[DAYS.from, DAYS.from + 15 * HOUR_MS]],
      );
    });
  },
  databases().slice(-1),
);
