import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import type { FormatName } from '../../../src/files/formats/formats.js';
import { type ExportOptions, exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import type { JobContext } from '../../../src/jobs/job.js';
import { insertBlocks } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { makeValidRows, toColumns } from '../../files/training-rows.js';
import { databases, hasServer, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';

const ROWS = makeValidRows(600);
const SYMBOLS = [...new Set(ROWS.map(({ symbol }) => symbol))];
const RANGE = { from: ROWS[0]!.timestamp, to: ROWS[0]!.timestamp + 605 * MINUTE_MS };
/** The exports need no exchange, since they have a range. */
const EMPTY_EXCHANGE = { binance: memorySource(), nowMs: RANGE.to };

interface Shelf {
  folder: string;
  contexts: JobContext[];
  close: () => Promise<void>;
}

const CASES: [name: string, format: FormatName, isGzipped: boolean][] = [
  ['set.csv', 'csv', false],
  ['set.csv.gz', 'csv', true],
  ['set.jsonl', 'jsonl', false],
  ['set.jsonl.gz', 'jsonl', true],
  ['set.parquet', 'parquet', false],
];

/** One database of each kind, with the same rows. */
async function prepare(): Promise<Shelf> {
  const exchange = await startLoopback(EMPTY_EXCHANGE);
  const contexts: JobContext[] = [];
  const made: TestDatabase[] = [];
  for (const backend of databases()) {
    const database = await backend.createMigrated();
    const store = await openStore(database.config);
    const parts = SYMBOLS.map((symbol) => {
      const own = ROWS.filter((row) => row.symbol === symbol);
      return { symbol, block: toColumns(own), indices: own.map((_, i) => i) };
    });
    await inTransaction(store, (trx) => insertBlocks(trx, parts));
    contexts.push({ store, market: openMarket(exchange.config) });
    made.push(database);
  }
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-same-'));
  const close = async () => {
    for (const { store } of contexts) await store.close();
    for (const database of made) await database.drop();
    await exchange.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, contexts, close };
}

/** The bytes of an export and the lines of its manifest. */
async function write(
  context: JobContext,
  folder: string,
  options: Omit<ExportOptions, 'symbols' | 'out'> & { name: string },
) {
  const { name, ...rest } = options;
  const out = join(folder, name);
  const { files } = await exportTrainingSet(context, { symbols: SYMBOLS, range: RANGE, out, ...rest });
  return {
    bytes: Buffer.concat(files.map(({ path }) => readFileSync(path))),
    manifest: readFileSync(`${out}.datapackage.json`, 'utf8').split('\n'),
  };
}

/** The places of the lines that differ. */
function differingLines(one: readonly string[], other: readonly string[]): number[] {
  assert.is(one.length, other.length);
  return one.flatMap((line, at) => (line === other[at] ? [] : [at]));
}

group<Shelf>(
  'the same data',
  (test) => {
    for (const [name, format, isGzipped] of CASES) {
      test(`gives the same bytes of ${name}, whenever it is exported; in the manifest only the run differs`, async (shelf) => {
        const options = { name, format, isGzipped };
        const first = await write(shelf.contexts[0]!, shelf.folder, options);
        const second = await write(shelf.contexts[0]!, shelf.folder, options);
        assert.ok(first.bytes.equals(second.bytes));
        const differing = differingLines(first.manifest, second.manifest);
        assert.equal(
          differing.map((at) => /"(\w+)"/.exec(first.manifest[at]!)?.[1]),
          ['created', 'jobId'],
        );
        assert.is(differing[1]! - differing[0]!, 2, 'one place: only a brace is between them');
      });

      const title = `gives the same bytes of ${name} from the embedded database as from a server`;
      if (!hasServer()) {
        test.skip(title, 'no PostgreSQL here');
        continue;
      }
      test(title, async (shelf) => {
        const split = { cuts: { shares: [80, 20] }, embargoMinutes: 10 };
        const [embedded, server] = await Promise.all(
          shelf.contexts.map((context, i) => {
            return write(context, mkdtempSync(join(shelf.folder, `${i}-`)), { name, format, isGzipped, split });
          }),
        );
        assert.ok(embedded!.bytes.length > 10_000);
        assert.ok(embedded!.bytes.equals(server!.bytes));
        const keys = differingLines(embedded!.manifest, server!.manifest).map(
          (at) => /"(\w+)"/.exec(embedded!.manifest[at]!)?.[1],
        );
        assert.ok(
          keys.every((key) => key === 'created' || key === 'jobId'),
          String(keys),
        );
      });
    }
  },
  { setup: prepare, teardown: (shelf) => shelf.close() },
);
