import * as assert from 'uvu/assert';
import { inTransaction } from '../../src/database/transaction.js';
import { type NewFlag } from '../../src/tables/flags.js';
import { selectNewFlags } from '../../src/tables/new-flags.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../database/on-every-database.js';
import { FIVE_ROWS, query, startWith } from '../tables/adoption/legacy-shapes.js';

const MIGRATION = '20261122120100_remember_vouched_candles';
const NOON = Date.parse('2025-06-01T12:00Z');

onEveryDatabase('remember vouched candles', (test) => {
  test('an earlier settled flag gets the whole candle if the row still has the volume that it stored', async ({
    store,
  }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(FIVE_ROWS); // volumes 1 to 5
    await store.knex.raw(`ALTER TABLE chartctl_flags DROP COLUMN candle`);
    await store.knex.raw(`DELETE FROM chartctl_migrations WHERE name = '${MIGRATION}'`);
    await store.knex.raw(`
      INSERT INTO chartctl_flags (symbol, timestamp, rule, value, state, set_at) VALUES
        ('X', '2025-06-01T12:00Z', 'volume_spike', 1, 'confirmed', now()),
        ('X', '2025-06-01T12:01Z', 'volume_spike', 9, 'confirmed', now()),
        ('X', '2025-06-01T12:02Z', 'volume_spike', 3, 'open', now())`);
    assert.equal((await migrateStore(store)).applied, [MIGRATION]);
    const flags = await query(store, 'SELECT value, candle FROM chartctl_flags ORDER BY timestamp');
    assert.equal(flags, [
      { value: 1, candle: [10, 12, 9, 11, 1] },
      { value: 9, candle: null },
      { value: 3, candle: null },
    ]);
    const raised = [0, 1].map((minute): NewFlag => ({
      openTime: NOON + minute * 60_000,
      rule: 'volume_spike',
      value: 1,
      threshold: 0,
      reason: '',
    }));
    const fresh = await inTransaction(store, (trx) => selectNewFlags(trx, 'X', raised));
    assert.equal(fresh, [raised[1]]);
  });
});
