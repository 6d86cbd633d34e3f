import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { countWindows } from '../../../src/tables/rolling-chart-data/count-window.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';

const END = Date.parse('2025-06-01T12:00:00Z');
const WINDOW = 20;
const WRITTEN = new Date('2025-06-01T13:00:00.250Z');

/** Rows `from` to `to` minutes before the end, all of backfill's, the last `late` of them written a millisecond later. */
function rows(symbol: string, from: number, to: number, late: number): string {
  const end = new Date(END).toISOString();
  return `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source, written_at)
    SELECT '${symbol}', timestamptz '${end}' - n * interval '1 minute', 1, 1, 1, 1, 1,
      CASE WHEN n = 1 THEN 'FALLBACK' ELSE 'BINANCE_BACKFILL' END,
      timestamptz '${WRITTEN.toISOString()}' + CASE WHEN n <= ${late} THEN interval '1 millisecond' ELSE interval '0' END
    FROM generate_series(${to}, ${from}) n;`;
}

interface World {
  database: TestDatabase;
  store: Store;
}

group<World>(
  'the last rows of many symbols',
  (test) => {
    const count = async ({ store: { knex } }: World, symbols: readonly string[]) => {
      let statements = 0;
      const countOne = () => void (statements += 1);
      knex.on('query', countOne);
      const since = symbols.map((symbol) => ({ symbol, since: symbol === 'NEVER' ? null : WRITTEN }));
      const found = await countWindows(knex, since, { window: WINDOW, closedUntil: END });
      knex.off('query', countOne);
      return { found, statements };
    };
    const at = (minutes: number) => new Date(END - minutes * MINUTE_MS);
    const written = new Date(WRITTEN.getTime() + 1);
    const expected = {
      // the fallback row is one of the five that were written since
      WHOLE: { rows: 20, replaced: 4, fallback: 1, first: at(20), last: at(1), writtenUntil: written },
      NEVER: { rows: 20, replaced: 19, fallback: 1, first: at(20), last: at(1), writtenUntil: WRITTEN },
      HOLE: { rows: 20, replaced: 4, fallback: 1, first: at(30), last: at(1), writtenUntil: written },
      SHORT: { rows: 3, replaced: 0, fallback: 1, first: at(3), last: at(1), writtenUntil: written },
      NONE: { rows: 0, replaced: 0, fallback: 0, first: null, last: null, writtenUntil: null },
    };

    test('are counted by one statement where few minutes are missing', async (world) => {
      const { found, statements } = await count(world, ['WHOLE', 'NEVER']);
      assert.equal(Object.fromEntries(found), { WHOLE: expected.WHOLE, NEVER: expected.NEVER });
      assert.is(statements, 1);
    });

    test('are counted alike, by a statement each, where many are missing or none was there', async (world) => {
      const { found, statements } = await count(world, Object.keys(expected));
      assert.equal(Object.fromEntries(found), expected);
      assert.is(statements, 1 + 3);
    });
  },
  {
    setup: async () => {
      const database = await databases().at(-1)!.createMigrated();
      const store = await openStore(database.superuser);
      await store.knex.raw(
        [
          rows('WHOLE', 100, 1, 5),
          rows('NEVER', 100, 1, 0),
          rows('HOLE', 5, 1, 5),
          rows('HOLE', 100, 16, 0),
          rows('SHORT', 3, 1, 1),
          // later than the clock: it does not count
          rows('WHOLE', 0, -5, 0),
        ].join('\n'),
      );
      return { database, store };
    },
    teardown: async ({ database, store }) => {
      await store.close();
      await database.drop();
    },
  },
);
