import * as assert from 'uvu/assert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { dayFile, entryOf, pathOf } from '../../../src/exchange/archive/archive-file.js';
import { toArchiveCsv, toChecksum } from '../../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { verify, type VerifyOptions } from '../../../src/jobs/verify/verify.js';
import { databases } from '../../harness/databases.js';
import {
  expectJobFailure,
  expectSummary,
  findRowAt,
  jobGroup,
  type JobWorld,
  reviseCandle,
} from '../../harness/job-world.js';

/** The clock shows 2025-06-01T12:00. */
const DAYS = { from: Date.UTC(2025, 4, 26), to: Date.UTC(2025, 4, 29) };

let listed = 0;

/** A symbol with rows of three days; they come from the archive, unless another source is named. */
async function store(world: JobWorld, via: 'archive' | 'api' = 'archive'): Promise<string> {
  const symbol = `V${(listed += 1)}USDT`;
  world.binance.put(symbol, generateCandles(symbol, { from: DAYS.from - DAY_MS, to: DAYS.to }));
  await backfill(world.context, { symbols: [symbol], range: DAYS, via });
  world.exchange.requests.length = 0;
  return symbol;
}

function compare(world: JobWorld, symbol: string, options: Partial<VerifyOptions> = {}) {
  return verify(world.context, { symbols: [symbol], range: DAYS, via: 'archive', ...options });
}

/** Publishes a day anew, with one revised candle, and its entry in the listing with another tag. */
function publishAnew(world: JobWorld, symbol: string, day: number): number {
  const file = dayFile(symbol, day);
  const minute = file.range.from + HOUR_MS;
  world.binance.put(symbol, [reviseCandle(world.binance.get(symbol, minute)!)]);
  const zip = writeZip(entryOf(file), toArchiveCsv(file, world.binance), file.range.to + 9 * DAY_MS);
  const { faults } = world.exchange;
  faults.always({ body: toChecksum(zip, file.name) }, { path: `${file.name}.CHECKSUM` });
  faults.always({ body: zip, headers: { etag: '"anew"' } }, { path: file.name });
  faults.always(
    {
      body: listingOf(
        [dayFile(symbol, DAYS.from), dayFile(symbol, DAYS.from + DAY_MS), file].map((other) => pathOf(other)),
        pathOf(file),
      ),
    },
    { path: '/archive-listing' },
  );
  return minute;
}

function listingOf(keys: readonly string[], changed: string): string {
  const contents = [...new Set(keys)].map((key) => {
    return `<Contents><Key>${key}</Key><LastModified>2025-06-01T00:00:00.000Z</LastModified><ETag>"${key === changed ? 'anew' : 'old'}"</ETag><Size>9</Size></Contents>`;
  });
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`;
}

function filesRead({ exchange }: JobWorld): string[] {
  return exchange.requests.flatMap(({ path }) => /-1m-(.*)\.zip$/.exec(path)?.[1] ?? []).sort();
}

jobGroup(
  'verify with the archive',
  (test) => {
    test('days whose files are those that their rows came from are not read again', async (world) => {
      const symbol = await store(world);
      const summary = await expectSummary(compare(world, symbol));
      assert.equal([summary.archive, summary.compared, summary.requests], [{ days: 0, unchanged: 3 }, 0, 0]);
      assert.equal(filesRead(world), []);
    });

    test('rows from the API are compared with every file', async (world) => {
      const symbol = await store(world, 'api');
      const summary = await expectSummary(compare(world, symbol));
      assert.equal([summary.archive, summary.counts.same], [{ days: 3, unchanged: 0 }, 3 * 1440]);
      assert.equal(filesRead(world), ['2025-05-26', '2025-05-27', '2025-05-28']);
      assert.is(world.exchange.requests.filter(({ path }) => path.endsWith('/api/v3/klines')).length, 0);
    });

    test('a day that was published anew is read; a valid row that differs is reported and stays', async (world) => {
      const symbol = await store(world);
      const minute = publishAnew(world, symbol, DAYS.from + 2 * DAY_MS);
      const before = await world.rows(symbol);
      const summary = await expectSummary(compare(world, symbol));
      assert.ok(filesRead(world).includes('2025-05-28'));
      assert.is(summary.counts.revised, 1);
      assert.equal(
        summary.rows.map((row) => [row.minute, row.class]),
        [[minute, 'revised']],
      );
      await compare(world, symbol, { repair: true });
      assert.equal(await world.rows(symbol), before);
      await compare(world, symbol, { repair: true, revised: true });
      const served = Number(world.binance.get(symbol, minute)!.close.toFixed(8));
      assert.is(findRowAt(await world.rows(symbol), minute).close, served);
    });

    test('minutes that a file lacks say nothing about the stored rows', async (world) => {
      const symbol = await store(world, 'api');
      world.binance.remove(symbol, { from: DAYS.from + HOUR_MS, to: DAYS.from + 2 * HOUR_MS });
      const summary = await expectSummary(compare(world, symbol, { flag: true }));
      assert.equal([summary.counts.same, summary.counts.absent, summary.flagged], [3 * 1440 - 60, 0, 0]);
    });

    test('a row that is missing is inserted by --repair', async (world) => {
      const symbol = await store(world, 'api');
      const hole = [new Date(DAYS.from + HOUR_MS), new Date(DAYS.from + HOUR_MS + 5 * MINUTE_MS)];
      await world.store.knex.raw(
        'DELETE FROM rolling_chart_data WHERE symbol = ? AND timestamp >= ? AND timestamp < ?',
        [symbol, ...hole],
      );
      const summary = await expectSummary(compare(world, symbol, { repair: true }));
      assert.equal([summary.counts.missing, summary.inserted], [5, 5]);
    });

    test('a range without a whole old day is wrong usage', async (world) => {
      const symbol = await store(world, 'api');
      const range = { from: world.now - 2 * HOUR_MS, to: world.now };
      const failure = await expectJobFailure(compare(world, symbol, { range }));
      assert.equal(failure.kind, 'usage');
    });
  },
  databases().slice(-1),
);
