import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { Store, Transaction } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { calculateIndicators } from '../../../src/indicators/calculate-indicators.js';
import { WARM_UP } from '../../../src/indicators/indicator.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { cleanRows } from '../../../src/jobs/clean/clean-rows.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { undo } from '../../../src/jobs/undo.js';
import { CLEAN_RULE_NAMES, type CleanRule, DEFAULT_RULES, withRuleDefaults } from '../../../src/quality/rules/rules.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { SCAN_SQL } from '../../../src/tables/rolling-chart-data/scan-rows.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { storeGroup } from '../../harness/store-group.js';

const ROWS = 4_000;
const SPIKES = 40;
const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F'];

/** The statistics of the table in the current transaction. */
interface Access {
  seq_scan: number;
  idx_tup_fetch: number;
  n_tup_ins: number;
  n_tup_upd: number;
}

/** Several symbols with a volume spike at every hundredth minute. */
async function fill(store: Store): Promise<void> {
  await migrateStore(store, {});
  await store.knex.raw('TRUNCATE rolling_chart_data, chartctl_flags, chartctl_changes');
  await store.knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
     SELECT s, timestamptz '2024-05-01' + n * interval '1 minute', 1, 1.002 + 0.001 * sin(n), 0.998, 1,
       CASE WHEN n % ${ROWS / SPIKES} = 7 THEN 900 ELSE 2.1 + sin(n) END
     FROM unnest(?::text[]) s, generate_series(1, ${ROWS}) n`,
    [`{${SYMBOLS.join(',')}}`],
  );
  await store.knex.raw('ANALYZE rolling_chart_data');
}

/** Cleans a symbol; returns the rows read and written, and the flags. */
function measureClean(store: Store, symbol: string, rules: readonly CleanRule[]) {
  const policy = { symbol, jobId: 1, lockWaitMs: 1_000, rules, ...withRuleDefaults({}), accept: undefined };
  const noRange = { keepFrom: null, closedUntil: null, removeFuture: false };
  return inTransaction(store, async (trx) => {
    const before = await readAccess(trx);
    const { changes, threshold, remaining } = await cleanRows(trx, { ...policy, ...noRange });
    const after = await readAccess(trx);
    const access = (name: keyof Access) => Number(after[name]) - Number(before[name]);
    return { access, flagged: changes.length, threshold, left: remaining };
  });
}

async function readAccess(trx: Transaction): Promise<Access> {
  const { rows } = await trx.raw<{ rows: Access[] }>(
    `SELECT seq_scan, idx_tup_fetch, n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'rolling_chart_data'`,
  );
  return rows[0]!;
}

storeGroup('clean in one pass', (test) => {
  for (const [name, rules] of [
    ['the usual rules', DEFAULT_RULES],
    ['all rules', CLEAN_RULE_NAMES],
  ] as const) {
    test(`${name} read each row of the symbol once, no other symbol's, and use the index`, async ({ store }) => {
      await fill(store);
      const { access, flagged } = await measureClean(store, 'C', rules);
      assert.ok(flagged >= SPIKES, `${flagged} were flagged`);
      const looked = access('idx_tup_fetch');
      assert.ok(looked >= ROWS && looked <= ROWS + 5 * flagged + 10, `${looked} rows were read`);
      assert.is(access('seq_scan'), 0);
      assert.is(access('n_tup_upd'), SPIKES);
    });

    test(`${name} write nothing if they find nothing new`, async ({ store }) => {
      await fill(store);
      await measureClean(store, 'C', rules);
      const { access, flagged, left } = await measureClean(store, 'C', rules);
      assert.equal([flagged, access('n_tup_upd'), access('n_tup_ins'), access('seq_scan')], [0, 0, 0, 0]);
      assert.equal(left, { rows: ROWS, flagged: SPIKES });
      assert.ok(access('idx_tup_fetch') <= ROWS + 2 * SPIKES + 10, `${access('idx_tup_fetch')} rows were read`);
    });
  }

  test("the plan of the scan uses the index, also with the planner's defaults", async ({ store }) => {
    await fill(store);
    const { rows } = await store.knex.raw<{ rows: Record<string, string>[] }>(`EXPLAIN ${SCAN_SQL}`, ['C']);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    assert.match(plan, /Scan .*idx_symbol_timestamp/);
    assert.not.match(plan, /Seq Scan/);
  });

  test("mean and deviation equal the database's", async ({ store }) => {
    await fill(store);
    await store.knex.raw(`UPDATE rolling_chart_data SET volume = random() * 10 ^ (random() * 12) WHERE symbol = 'C'`);
    const { rows } = await store.knex.raw<{ rows: { threshold: number }[] }>(
      `SELECT avg(volume) + 3 * stddev(volume) AS threshold FROM rolling_chart_data WHERE symbol = 'C'`,
    );
    const { threshold } = await measureClean(store, 'C', DEFAULT_RULES);
    assert.ok(Math.abs(threshold! / rows[0]!.threshold - 1) < 1e-12, `${threshold} beside ${rows[0]!.threshold}`);
  });
});

const STORED_MINUTES = 1600;

function countOldFlags({ store, now }: JobWorld, symbol: string): Promise<number> {
  const before = new Date(now - 1440 * MINUTE_MS);
  return store
    .knex('chartctl_flags')
    .where({ symbol })
    .andWhere('timestamp', '<', before)
    .then((found: unknown[]) => found.length);
}

jobGroup('pruning', (test) => {
  test('removes the flags of the pruned rows, and undo restores both', async (world) => {
    const symbol = world.listSymbol(STORED_MINUTES);
    const minute = world.now - (STORED_MINUTES - 50) * MINUTE_MS;
    world.binance.put(symbol, [{ ...world.binance.get(symbol, minute)!, volume: 1e6 }]);
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes: STORED_MINUTES }));
    await expectSummary(clean(world.context, { symbols: [symbol], repair: true }));
    const settled = await countOldFlags(world, symbol);
    assert.ok(settled > 0);

    const pruned = await clean(world.context, { symbols: [symbol], keepDays: 1 });
    assert.is(await countOldFlags(world, symbol), 0);
    await undo(world.context, { job: pruned.jobId! });
    assert.is(await countOldFlags(world, symbol), settled);
    assert.ok((await world.rows(symbol)).some(({ openTime }) => openTime === minute));
  });

  test('changes no indicator after the warm-up, also if the price before the cut was 100,000 times as high', async (world) => {
    const symbol = world.listSymbol(STORED_MINUTES + 400);
    const cut = world.now - 1440 * MINUTE_MS;
    for (const [minute, factor] of [
      [cut - 2 * MINUTE_MS, 1e5],
      [cut + 3 * MINUTE_MS, 1000],
    ] as const) {
      const candle = world.binance.get(symbol, minute)!;
      world.binance.put(symbol, [{ ...candle, high: candle.high * factor, close: candle.close * factor }]);
    }
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes: STORED_MINUTES }));
    const before = new Map((await world.rows(symbol)).map((row) => [row.openTime, row]));
    const { rebuilt, pruned } = await expectSummary(
      clean(world.context, { symbols: [symbol], rules: [], keepDays: 1 }),
    );
    assert.equal([pruned > 100, rebuilt], [true, WARM_UP], 'rows that lost their warm-up, and no others');
    const rows = await world.rows(symbol);
    assert.is(rows[0]!.openTime, cut);
    // the second not only because small differences are not written
    const again = calculateIndicators(rows.map((row) => row as ChartRow & Candle));
    for (const [i, row] of rows.entries()) {
      if (i < WARM_UP) continue;
      assert.equal(row.indicators, before.get(row.openTime)!.indicators);
      assert.equal(again[i], row.indicators);
    }
  });
});
