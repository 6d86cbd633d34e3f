import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { JobContext } from '../../../src/jobs/job.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { undo } from '../../../src/jobs/undo.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';
import { query, startWith } from './legacy-shapes.js';
import { pasteUntilMigrated } from './paste-remedies.js';
import { SHAPE_ROWS, TABLE_SHAPES } from './table-shapes.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
/** Enough for COPY. */
const NEW_ROWS = 210;
/** The first row of each shape. */
const FIRST = { symbol: 'BTCUSDT', timestamp: new Date('2025-06-01T10:00:00Z') };

interface ShapeWorld {
  store: Store;
  context: JobContext;
  close: () => Promise<void>;
}

const server = databases().find(({ name }) => name === 'PostgreSQL');

group<ShapeWorld>(
  'the table of a platform',
  (test) => {
    if (!server) return test.skip('all of them', 'no PostgreSQL here');

    for (const { what, sql, rows = SHAPE_ROWS, refused: expected } of TABLE_SHAPES) {
      test(`with ${what} is adopted as the remedies say, filled, rebuilt and restored`, async ({ store, context }) => {
        await startWith(store, sql);
        const { result, refused, options } = await pasteUntilMigrated(store);
        const messages = refused.map(({ message }) => message).join('\n');
        if (expected) assert.match(messages, expected);
        else assert.is(messages, '');
        assert.is(result.adoptedRows, rows);
        assert.equal((await migrateStore(store, options)).applied, []);
        const adopted = await readRows(store);
        assert.is(adopted.length, rows);
        if (rows > 0) assert.equal({ symbol: adopted[0]!.symbol, timestamp: adopted[0]!.timestamp }, FIRST);

        const filled = await ingest(context, { symbols: SYMBOLS });
        assert.equal(
          filled.outcomes.map(({ failure }) => failure?.message),
          [undefined, undefined],
        );
        assert.is(filled.exitCode, 0);
        const stored = filled.outcomes.map(({ summary }) => summary?.stored);
        // the rows of the platform are not complete: Binance is asked for them too
        assert.equal(stored, [NEW_ROWS, NEW_ROWS]);
        assert.is((await rebuild(context, { symbols: SYMBOLS })).exitCode, 0);
        assert.is((await undo(context, { job: filled.jobId! })).exitCode, 0);
        assert.equal(await readRows(store), adopted);
      });
    }
  },
  {
    setup: async () => {
      const database = await server!.create({ ownsDatabase: true });
      const store = await openStore(database.config);
      const binance = memorySource();
      const range = { from: NOW - NEW_ROWS * MINUTE_MS, to: NOW + MINUTE_MS };
      for (const symbol of SYMBOLS) binance.put(symbol, generateCandles(symbol, range));
      const exchange = await startLoopback({ binance, nowMs: NOW + 5_000 });
      const context = { store, market: openMarket(exchange.config) };
      const close = async () => {
        await exchange.close();
        await store.close();
        await database.drop();
      };
      return { store, context, close };
    },
    teardown: ({ close }) => close(),
  },
);

/** The candles, sources and flags. */
function readRows(store: Store): Promise<Record<string, unknown>[]> {
  return query(
    store,
    `SELECT symbol, timestamp, open, high, low, close, volume, source, hasMissingData FROM rolling_chart_data ORDER BY 1, 2`,
  );
}
