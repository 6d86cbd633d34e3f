import * as assert from 'uvu/assert';
import { hasSameNumbers } from '../../../src/core/candle.js';
import { Failure } from '../../../src/core/failure.js';
import { DAY_MS, HOUR_MS } from '../../../src/core/minute.js';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { type ArchiveFile, dayFile } from '../../../src/exchange/archive/archive-file.js';
import { type Archive, openArchive } from '../../../src/exchange/archive/open-archive.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { jobGroup } from '../../harness/job-world.js';
import { createRandom } from '../../harness/random.js';
import { concludeTrial, effort, isLongRun, RUN_SEED } from '../../harness/trial.js';
import { ARCHIVE_FAULT_NAMES, scheduleArchiveFaults } from '../../loopback/archive-faults.js';
import { type MemorySource, memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

const SYMBOL = 'BTCUSDT';
/** Around the change from milliseconds to microseconds; a day has one hour of candles, so that many files can be read. */
const DAYS = Array.from({ length: 12 }, (_, i) => Date.UTC(2024, 11, 26) + i * DAY_MS);
const FILES = effort(250, 10_000);
const CLIENTS = effort(8, 24);
const ROUNDS = effort(3, 60);
const MAX_FILE_MS = 30_000;

interface World {
  exchange: Loopback;
  source: MemorySource;
}

group<World>(
  'files of the archive with random faults',
  (test) => {
    test(
      'a file gives the exchange’s candles, or some of them, or is refused, in bounded time',
      async ({ exchange, source }) => {
        const counts = new Map<string, number>();
        const random = createRandom(RUN_SEED, 'archive');
        exchange.faults.schedule(scheduleArchiveFaults(random, { source, chance: 0.9, counts }));
        const losses: string[] = [];
        let files = 0;
        const read = async () => {
          while (files < FILES) {
            files += 1;
            const file = dayFile(SYMBOL, DAYS[random.integerBelow(DAYS.length)]!);
            // a host that refused is not asked again by the same client
            losses.push(...(await readFile(openArchive(exchange.config.archive), file, source)));
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, read));
        if (isLongRun)
          assert.equal(
            ARCHIVE_FAULT_NAMES.filter((name) => !counts.has(name)),
            [],
            'every kind was there',
          );
        concludeTrial({
          fault: "random faults in the archive's files",
          tried: files,
          unit: 'files',
          losses,
          seed: RUN_SEED,
        });
      },
      { timeoutMs: effort(120_000, 3_600_000) },
    );
  },
  {
    setup: async () => {
      const hours = DAYS.map((day) => ({ from: day + 23 * HOUR_MS, to: day + DAY_MS }));
      const source = memorySource({ [SYMBOL]: hours.flatMap((range) => generateCandles(SYMBOL, range)) });
      const exchange = await startLoopback({ binance: source, nowMs: Date.UTC(2025, 2, 1) });
      return { exchange, source };
    },
    teardown: ({ exchange }) => exchange.close(),
  },
);

/** One sentence for each candle that is not the exchange's. */
async function readFile(archive: Archive, file: ArchiveFile, source: MemorySource): Promise<string[]> {
  const began = performance.now();
  try {
    const found = await archive.fetchFile(file);
    const wrong = (found ? toCandles(found.candles) : []).filter((candle) => {
      const right = source.get(SYMBOL, candle.openTime);
      return !right || !hasSameNumbers(right, candle);
    });
    return wrong.map((candle) => `${file.name}: ${JSON.stringify(candle)} is not the exchange's`);
  } catch (error) {
    if (!(error instanceof ArchiveFault) && !(error instanceof Failure)) throw error;
    const tookMs = performance.now() - began;
    return tookMs > MAX_FILE_MS ? [`${file.name} took ${Math.round(tookMs)} ms`] : [];
  }
}

/** The clock of the job world shows 2025-06-01T12:00. */
const RANGE = { from: Date.UTC(2025, 4, 25), to: Date.UTC(2025, 4, 29) };

jobGroup(
  'backfill from an archive with random faults',
  (test) => {
    test(
      'ends with the rows that the exchange has, whatever the files hold',
      async (world) => {
        const losses: string[] = [];
        const counts = new Map<string, number>();
        const random = createRandom(RUN_SEED, 'archive jobs');
        for (let round = 0; round < ROUNDS; round += 1) {
          const symbol = `S${round}USDT`;
          world.binance.put(symbol, generateCandles(symbol, RANGE));
          world.exchange.faults.clear();
          world.exchange.faults.schedule(scheduleArchiveFaults(random, { source: world.binance, chance: 0.7, counts }));
          world.exchange.requests.length = 0;
          const { exitCode } = await backfill(world.context, { symbols: [symbol], range: RANGE });
          if (exitCode !== 0) losses.push(`round ${round}: exit code ${exitCode}`);
          const rows = await world.rows(symbol);
          const right = world.binance.candles(symbol, RANGE);
          if (rows.length !== right.length)
            losses.push(`round ${round}: ${rows.length} rows, expected ${right.length}`);
          const wrong = rows.filter((row, i) => !hasSameNumbers(row, right[i]!));
          losses.push(...wrong.map(({ openTime }) => `round ${round}: ${new Date(openTime).toISOString()} is wrong`));
          const requests = world.exchange.requests.length;
          if (requests > 200) losses.push(`round ${round}: ${requests} requests`);
        }
        concludeTrial({
          fault: 'a backfill of days whose files are faulty',
          tried: ROUNDS,
          unit: 'runs',
          losses,
          seed: RUN_SEED,
        });
      },
      { timeoutMs: effort(120_000, 3_600_000) },
    );
  },
  databases().slice(-1),
);
