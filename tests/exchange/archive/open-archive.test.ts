import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { dayFile, entryOf, folderOf, monthFile, pathOf } from '../../../src/exchange/archive/archive-file.js';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { type Archive, openArchive } from '../../../src/exchange/archive/open-archive.js';
import { toArchiveCsv, toChecksum } from '../../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { expectError, expectFailure, expectThrownFailure } from '../../harness/expect-failure.js';
import { readFixtureBytes } from '../../harness/fixtures.js';
import { group, type GroupTest } from '../../harness/group.js';
import { fault } from '../../loopback/faults.js';
import { memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

const SYMBOL = 'BTCUSDT';
const NEW_YEAR = Date.UTC(2025, 0, 1);
const LAST_DAY = dayFile(SYMBOL, NEW_YEAR - DAY_MS);
const FIRST_DAY = dayFile(SYMBOL, NEW_YEAR);
const SOURCE = memorySource({
  [SYMBOL]: generateCandles(SYMBOL, { from: NEW_YEAR - DAY_MS, to: NEW_YEAR + DAY_MS }),
  龙虾USDT: generateCandles('龙虾USDT', { from: NEW_YEAR, to: NEW_YEAR + HOUR_MS }),
});

interface World {
  exchange: Loopback;
  archive: Archive;
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await expectError(work);
  if (!(error instanceof ArchiveFault)) throw error;
  return `${error.kind}: ${error.message}`;
}

function asked({ exchange }: World): string[] {
  return exchange.requests.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
}

const worldHooks = {
  setup: async (): Promise<World> => {
    const exchange = await startLoopback({ binance: SOURCE, nowMs: NEW_YEAR + 40 * DAY_MS });
    return { exchange, archive: openArchive(exchange.config.archive) };
  },
  teardown: ({ exchange }: World) => exchange.close(),
};

function fresh(test: GroupTest<World>): GroupTest<World> {
  const declare: GroupTest<World> = (title, body, options) =>
    test(
      title,
      (world) => {
        world.exchange.faults.clear();
        world.exchange.requests.length = 0;
        return body(world);
      },
      options,
    );
  declare.skip = (title, reason) => test.skip(title, reason);
  return declare;
}

group<World>(
  'an archive behind HTTP',
  (declare) => {
    const test = fresh(declare);

    test('files of both units give the candles, and where they come from', async ({ archive }) => {
      for (const file of [LAST_DAY, FIRST_DAY]) {
        const found = await archive.fetchFile(file);
        assert.equal(toCandles(found!.candles), generateCandles(SYMBOL, file.range));
        assert.is(found?.isVerified, true);
        assert.match(found!.url, new RegExp(`/archive/${pathOf(file)}$`));
        assert.match(found!.sha256, /^[0-9a-f]{64}$/);
        assert.match(found!.etag!, /^[0-9a-f]{32}$/);
        assert.is(found?.entryTime, file.range.to + HOUR_MS);
        assert.is(found?.lastModified, file.range.to + 2 * HOUR_MS);
      }
    });

    test('the checksum is fetched before its file', async (world) => {
      await world.archive.fetchFile(LAST_DAY);
      assert.equal(asked(world), [`${LAST_DAY.name}.CHECKSUM`, LAST_DAY.name]);
    });

    test('a symbol in other letters is found', async ({ archive }) => {
      assert.is((await archive.fetchFile(dayFile('龙虾USDT', NEW_YEAR)))?.candles.length, 60);
    });

    test('a file that does not exist is null: 404 with S3 XML', async ({ archive, exchange }) => {
      assert.is(await archive.fetchFile(dayFile(SYMBOL, NEW_YEAR + DAY_MS)), null);
      exchange.faults.always({ status: 404, body: readFixtureBytes('archive/missing-file-404-body.xml') });
      assert.is(await archive.fetchFile(LAST_DAY), null);
    });

    test('a wrong checksum is asked for once more, with the file', async (world) => {
      const { archive, exchange } = world;
      exchange.faults.next({ body: toChecksum(Buffer.from('older'), LAST_DAY.name) }, { path: '.CHECKSUM' });
      assert.is((await archive.fetchFile(LAST_DAY))?.isVerified, true);
      assert.is(asked(world).length, 4);
    });

    test('a checksum that stays wrong, or is about another file, makes the file unusable', async (world) => {
      const { archive, exchange } = world;
      exchange.faults.always({ body: toChecksum(Buffer.from('older'), LAST_DAY.name) }, { path: '.CHECKSUM' });
      assert.match(await faultOf(archive.fetchFile(LAST_DAY)), /^checksum: its SHA-256 is [0-9a-f]{64}, expected /);
      assert.is(asked(world).length, 4);
      exchange.faults.clear();
      exchange.faults.always({ body: toChecksum(Buffer.from(''), FIRST_DAY.name) }, { path: '.CHECKSUM' });
      assert.match(await faultOf(archive.fetchFile(LAST_DAY)), /^checksum: its checksum file is about /);
    });

    test('without a checksum the file is used as not verified, and a flipped byte is still found', async (world) => {
      const { archive, exchange } = world;
      exchange.faults.always({ status: 404, body: '' }, { path: '.CHECKSUM' });
      assert.is((await archive.fetchFile(LAST_DAY))?.isVerified, false);
      exchange.faults.always(
        { change: (zip: Buffer) => Buffer.from(zip).fill(zip[5000]! ^ 1, 5000, 5001) },
        { path: LAST_DAY.name },
      );
      assert.match(await faultOf(archive.fetchFile(LAST_DAY)), /^zip: /);
    });

    test('an answer with status 200 that is not a zip is no file', async ({ archive, exchange }) => {
      exchange.faults.always(fault.html(), { path: '.zip' });
      assert.match(await faultOf(archive.fetchFile(LAST_DAY)), /^not-a-zip: /);
    });

    test('403 and a redirect say nothing about the file, and are not tried again', async (world) => {
      const { archive, exchange } = world;
      for (const [answer, code] of [
        [fault.forbidden(), 'FORBIDDEN'],
        [fault.redirect('http://127.0.0.1:9/'), 'REDIRECTED'],
      ] as const) {
        exchange.faults.clear();
        exchange.requests.length = 0;
        exchange.faults.always(answer);
        // a base URL that refused once is not asked again
        const failure = await expectFailure(openArchive(exchange.config.archive).fetchFile(LAST_DAY));
        assert.equal([failure.code, failure.kind], [code, 'failed']);
        assert.is(asked(world).length, 1);
      }
      assert.ok(archive);
    });

    test('server errors, resets, cut bodies and 429 are tried again', async (world) => {
      const { archive, exchange } = world;
      for (const answer of [fault.serverError(), fault.reset(), fault.cut(), fault.tooMany(1)]) {
        exchange.faults.next(answer, { path: '.zip' });
        assert.is((await archive.fetchFile(LAST_DAY))?.candles.length, 1440);
      }
    });

    test('a file that was made before its day ended is partial', async ({ archive, exchange }) => {
      const file = dayFile('ARBUSDT', Date.UTC(2023, 6, 27));
      const zip = readFixtureBytes('archive/ARBUSDT-1m-2023-07-27.zip');
      exchange.faults.next({ status: 200, body: toChecksum(zip, file.name) });
      exchange.faults.next({ status: 200, body: zip });
      assert.is(
        await faultOf(archive.fetchFile(file)),
        'partial: it was made at 2023-07-27T03:50Z, before its day ended at 2023-07-28T00:00Z',
      );
    });

    test('the listing gives the files of a range, in order, without checksums and stray keys', async (world) => {
      const { archive, exchange } = world;
      const range = { from: NEW_YEAR - 60 * DAY_MS, to: NEW_YEAR + 60 * DAY_MS };
      const days = await archive.listFiles(SYMBOL, 'day', range);
      assert.equal(
        days?.map(({ file }) => file),
        [LAST_DAY, FIRST_DAY],
      );
      const months = await archive.listFiles(SYMBOL, 'month', range);
      assert.equal(
        months?.map(({ file }) => file),
        [monthFile(SYMBOL, NEW_YEAR - 1), monthFile(SYMBOL, NEW_YEAR)],
      );
      exchange.faults.next({ body: toPage(['part-00000-x.zip', `${SYMBOL}-1d-2024-12-31.zip`, LAST_DAY.name]) });
      assert.equal(
        (await archive.listFiles(SYMBOL, 'day', range))?.map(({ file }) => file),
        [LAST_DAY],
      );
    });

    test('the listing is followed over its pages, from the last key of each', async (world) => {
      const { archive, exchange } = world;
      const pages = [['2024-12-29', '2024-12-30'], ['2024-12-31'], ['2025-01-01']].map((dates) =>
        dates.map((date) => `${SYMBOL}-1m-${date}.zip`),
      );
      pages.forEach((names, i) => exchange.faults.next({ body: toPage(names, i < pages.length - 1) }));
      const listed = await archive.listFiles(SYMBOL, 'day', { from: NEW_YEAR - DAY_MS, to: NEW_YEAR + DAY_MS });
      assert.equal(
        listed?.map(({ file }) => file),
        [LAST_DAY, FIRST_DAY],
      );
      assert.is(exchange.requests.length, 3);
    });

    test('a listing that goes back ends with a failure', async ({ archive, exchange }) => {
      exchange.faults.always({ body: toPage([LAST_DAY.name], true) });
      const failure = await expectFailure(archive.listFiles(SYMBOL, 'day', LAST_DAY.range));
      assert.match(failure.message, /^the listing of the archive .* goes back to /);
      assert.is(exchange.requests.length, 2);
    });

    test('a listing that answers AccessDenied is given up at once', async ({ archive, exchange }) => {
      exchange.faults.always({ status: 200, body: '<Error><Code>AccessDenied</Code></Error>' });
      const failure = await expectFailure(archive.listFiles(SYMBOL, 'day', LAST_DAY.range));
      assert.is(failure.code, 'REFUSED');
      assert.is(exchange.requests.length, 1);
    });

    test('an archive without a listing says so', async ({ exchange }) => {
      const archive = openArchive({ url: exchange.config.archive!.url });
      assert.is(await archive.listFiles(SYMBOL, 'day', LAST_DAY.range), null);
    });
  },
  worldHooks,
);

function toPage(names: readonly string[], isTruncated = false): string {
  const contents = names.map(
    (name) =>
      `<Contents><Key>${folderOf(SYMBOL, 'day')}${name}</Key><LastModified>2025-01-02T00:00:00.000Z</LastModified><ETag>"a"</ETag><Size>1</Size></Contents>`,
  );
  return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents.join('')}</ListBucketResult>`;
}

group<string>(
  'an archive in a folder',
  (test) => {
    test('is found with the folders of the archive, by its path and by a file URL', async (folder) => {
      for (const url of [folder, pathToFileURL(folder).href]) {
        const found = await openArchive({ url }).fetchFile(FIRST_DAY);
        assert.is(found?.candles.length, 1440);
        assert.is(found?.isVerified, true);
        assert.is(found?.url, join(folder, pathOf(FIRST_DAY)));
      }
    });

    test('is found with its files in the folder itself', async (folder) => {
      const found = await openArchive({ url: folder }).fetchFile(LAST_DAY);
      assert.is(found?.candles.length, 1440);
      assert.is(found?.isVerified, false);
      assert.is(found?.etag, createHash('md5').update(toZip(LAST_DAY)).digest('hex'));
    });

    test('has no other files', async (folder) => {
      assert.is(await openArchive({ url: folder }).fetchFile(dayFile(SYMBOL, NEW_YEAR + DAY_MS)), null);
      assert.is(await openArchive({ url: join(folder, 'nowhere') }).fetchFile(FIRST_DAY), null);
    });

    test('lists its files', async (folder) => {
      const range = { from: NEW_YEAR - DAY_MS, to: NEW_YEAR + DAY_MS };
      const listed = await openArchive({ url: folder }).listFiles(SYMBOL, 'day', range);
      assert.equal(
        listed?.map(({ file }) => file),
        [LAST_DAY, FIRST_DAY],
      );
    });

    test('a file URL of another machine is wrong usage', () => {
      const failure = expectThrownFailure(() => openArchive({ url: 'file://nas/archive' }));
      assert.is(failure.kind, 'usage');
      assert.match(failure.message, /^the archive's URL is "file:\/\/nas\/archive"$/);
    });
  },
  {
    setup: () => {
      const folder = mkdtempSync(join(tmpdir(), 'archive-'));
      mkdirSync(join(folder, folderOf(SYMBOL, 'day')), { recursive: true });
      const nested = toZip(FIRST_DAY);
      writeFileSync(join(folder, pathOf(FIRST_DAY)), nested);
      writeFileSync(join(folder, `${pathOf(FIRST_DAY)}.CHECKSUM`), toChecksum(nested, FIRST_DAY.name));
      writeFileSync(join(folder, LAST_DAY.name), toZip(LAST_DAY));
      return folder;
    },
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);

function toZip(file: typeof LAST_DAY): Buffer {
  return writeZip(entryOf(file), toArchiveCsv(file, SOURCE), file.range.to + MINUTE_MS);
}
