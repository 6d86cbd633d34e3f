import * as assert from 'uvu/assert';
import { CLEAN_RULE_NAMES, DEFAULT_RULES, type CleanRule } from '../../../src/core/flag-rules.js';
import { cleanRows } from '../../../src/jobs/clean/clean-rows.js';
import { migrateStore } from '../../../src/store/migration/migrate.js';
import type { Transaction } from '../../../src/store/handles.js';
import { inTransaction } from '../../../src/store/in-transaction.js';
import type { Store } from '../../../src/store/store.js';
import { SWEEP_SQL } from '../../../src/store/swept-rows.js';
import { storeGroup } from '../../harness/store-group.js';

const ROWS = 4_000;
const SPIKES = 40;
const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F'];

/** What a transaction has done to the table so far. */
interface Access {
  seq_scan: number;
  idx_tup_fetch: number;
  n_tup_ins: number;
  n_tup_upd: number;
}

/** Several symbols whose every hundredth volume is a spike. */
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

/** Cleans a symbol; answers what that read and wrote, and what it flagged. */
function clean(store: Store, symbol: string, rules: readonly CleanRule[]) {
  const policy = { symbol, jobId: 1, lockWaitMs: 1_000, rules, sigma: 3, flatMinutes: 10, accept: undefined };
  return inTransaction(store, async (trx) => {
    const before = await readAccess(trx);
    const { changes, threshold, left } = await cleanRows(trx, { ...policy, keepFrom: null });
    const after = await readAccess(trx);
    const access = (name: keyof Access) => Number(after[name]) - Number(before[name]);
    return { access, flagged: changes.length, threshold, left };
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
    test(`${name} read each row of the symbol once, no other symbol's, and by the index`, async ({ store }) => {
      await fill(store);
      const { access, flagged } = await clean(store, 'C', rules);
      assert.ok(flagged >= SPIKES, `${flagged} were flagged`);
      const looked = access('idx_tup_fetch');
      assert.ok(looked >= ROWS && looked <= ROWS + 5 * flagged + 10, `${looked} rows were read`);
      assert.is(access('seq_scan'), 0);
      assert.is(access('n_tup_upd'), SPIKES);
    });

    test(`${name} write nothing when they find nothing new`, async ({ store }) => {
      await fill(store);
      await clean(store, 'C', rules);
      const { access, flagged, left } = await clean(store, 'C', rules);
      assert.equal([flagged, access('n_tup_upd'), access('n_tup_ins'), access('seq_scan')], [0, 0, 0, 0]);
      assert.equal(left, { rows: ROWS, flagged: SPIKES });
      assert.ok(access('idx_tup_fetch') <= ROWS + 2 * SPIKES + 10, `${access('idx_tup_fetch')} rows were read`);
    });
  }

  test('the plan of the pass goes by the index, also where nobody tells the planner so', async ({ store }) => {
    await fill(store);
    const { rows } = await store.knex.raw<{ rows: Record<string, string>[] }>(`EXPLAIN ${SWEEP_SQL}`, ['C']);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    assert.match(plan, /Scan .*idx_symbol_timestamp/);
    assert.not.match(plan, /Seq Scan/);
  });

  test("mean and deviation are the database's own", async ({ store }) => {
    await fill(store);
    await store.knex.raw(`UPDATE rolling_chart_data SET volume = random() * 10 ^ (random() * 12) WHERE symbol = 'C'`);
    const { rows } = await store.knex.raw<{ rows: { threshold: number }[] }>(
      `SELECT avg(volume) + 3 * stddev(volume) AS threshold FROM rolling_chart_data WHERE symbol = 'C'`,
    );
    const { threshold } = await clean(store, 'C', DEFAULT_RULES);
    assert.ok(Math.abs(threshold! / rows[0]!.threshold - 1) < 1e-12, `${threshold} beside ${rows[0]!.threshold}`);
  });
});
