import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { countMinutes } from '../../../src/core/range.js';
import { copyIn } from '../../../src/database/copy.js';
import type { Store } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { findMissing } from '../../../src/tables/rolling-chart-data/coverage.js';
import { databases } from '../../harness/databases.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { expectSummary, jobGroup } from '../../harness/job-world.js';
import { legacyTable, query, startWith } from '../../tables/adoption/legacy-shapes.js';

const SYMBOL = 'BTCUSDT';
const CANDLES = readFixtureCandles('duplicates-2019-11/BTCUSDT-1m-binance.csv.br');
/** The two days around the gaps. */
const RANGE = { from: Date.parse('2019-11-12T12:00Z'), to: Date.parse('2019-11-14T00:00Z') };
const HOLES = [
  ['2019-11-13T02:00:00.000Z', '2019-11-13T04:20:00.000Z'],
  ['2019-11-13T05:30:00.000Z', '2019-11-13T05:33:00.000Z'],
];

/** The platform's table filled from the file, in the file's order, before the migration. */
async function fillLegacyTable(store: Store, candles: readonly Candle[]): Promise<void> {
  await startWith(store, legacyTable({ id: 'serial' }));
  await inTransaction(store, (trx) => copyIn(trx, COPY, toLines(candles)));
}

const COPY = 'COPY rolling_chart_data (symbol, timestamp, open, high, low, close, volume) FROM STDIN';

function* toLines(candles: readonly Candle[]): Generator<string> {
  for (const { openTime, open, high, low, close, volume } of candles) {
    yield `${[SYMBOL, new Date(openTime).toISOString(), open, high, low, close, volume].join('\t')}\n`;
  }
}

const toText = (ranges: readonly { from: number; to: number }[]) =>
  ranges.map(({ from, to }) => [new Date(from).toISOString(), new Date(to).toISOString()]);

jobGroup(
  'a month with 143 duplicates and 143 missing minutes',
  (test) => {
    const span = { from: CANDLES[0]!.openTime, to: CANDLES.at(-1)!.openTime + MINUTE_MS };

    test('the number of rows of the file does not show the gaps', () => {
      assert.is(CANDLES.length, 43_201);
      assert.is(countMinutes(span), 43_201);
    });

    test(
      'the migration keeps one row of each minute, and the 143 others in the audit',
      async (world) => {
        const result = await world.asOwner(async ({ store }) => {
          await fillLegacyTable(store, CANDLES);
          return migrateStore(store);
        });
        assert.equal([result.duplicatesRemoved, result.adoptedRows], [143, 43_058]);
        const audit = await query(
          world.store,
          `SELECT action, count(*)::int AS rows, count(DISTINCT timestamp)::int AS minutes,
           min(timestamp) AS first, max(timestamp) AS last FROM chartctl_changes GROUP BY action`,
        );
        const [first, last] = [new Date('2019-11-13T09:10Z'), new Date('2019-11-13T11:32Z')];
        assert.equal(audit, [{ action: 'delete', rows: 143, minutes: 143, first, last }]);
      },
      { timeoutMs: 120_000 },
    );

    test('clean finds nothing more to remove', async (world) => {
      const summary = await expectSummary(clean(world.context, { symbols: [SYMBOL], dryRun: true }));
      assert.equal([summary.rows, summary.duplicates, summary.moved, summary.unsound], [43_058, 0, 0, 0]);
    });

    test('143 minutes in two ranges are missing', async ({ store }) => {
      assert.equal(toText(await findMissing(store.knex, SYMBOL, span)), HOLES);
    });

    test('backfill records the minutes that Binance does not have either as gaps with their cause, and ends with exit code 0', async (world) => {
      world.binance.put(SYMBOL, CANDLES);
      const result = await backfill(world.context, { symbols: [SYMBOL], range: RANGE });
      const summary = await expectSummary(Promise.resolve(result));
      assert.is(result.exitCode, 0);
      assert.equal(toText(summary.absent), HOLES);
      assert.equal([summary.minutes, summary.rows, summary.stillMissing, summary.inserted], [2160, 2160 - 143, 0, 0]);
      assert.equal(
        summary.absent.map(({ cause }) => cause),
        ['unknown', 'unknown'],
      );
      const known = await world.store
        .knex('chartctl_gaps')
        .where({ symbol: SYMBOL })
        .orderBy('from_time')
        .select<{ from_time: Date; to_time: Date }[]>('from_time', 'to_time');
      assert.equal(toText(known.map((gap) => ({ from: gap.from_time.getTime(), to: gap.to_time.getTime() }))), HOLES);
    });

    test('another backfill does not request them', async (world) => {
      await backfill(world.context, { symbols: [SYMBOL], range: RANGE });
      assert.equal(
        world.exchange.requests.filter(({ path }) => path.endsWith('klines')),
        [],
      );
    });
  },
  databases(),
  { ownsDatabase: true },
);
