import * as assert from 'uvu/assert';
import { migrateStore, planMigration } from '../../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { legacyTable, query, startWith } from './legacy-shapes.js';
import { pasteUntilMigrated } from './paste-remedies.js';

/** A table with naive times: an SQL expression over the row number n. */
function naiveTable(time: string, rows: number): string {
  return `${legacyTable({ timestamp: 'timestamp' })}
    INSERT INTO rolling_chart_data (symbol, timestamp, open) SELECT 'X', ${time}, n FROM generate_series(0, ${rows - 1}) n;`;
}

/** The last 100 minutes by the clocks of a zone. */
function localNow(zone: string): string {
  return naiveTable(`date_trunc('minute', now() AT TIME ZONE '${zone}') - n * interval '1 minute'`, 100);
}

onEveryDatabase('times without a time zone', (test) => {
  test('are taken as UTC when they can be, and the newest minute is named', async ({ store }) => {
    await startWith(store, naiveTable(`'2025-06-01 12:00'::timestamp + n * interval '1 minute'`, 3));
    const { steps } = await migrateStore(store);
    assert.match(steps.join('\n'), 'as UTC; the newest minute becomes 2025-06-01T12:02Z');
  });

  for (const zone of ['Europe/Berlin', 'Asia/Kolkata', 'Pacific/Kiritimati']) {
    test(`are refused when some would lie in the future, and are converted from ${zone} on request`, async ({
      store,
    }) => {
      await startWith(store, localNow(zone));
      const failure = await expectFailure(migrateStore(store));
      assert.is(failure.code, 'MIGRATION_REFUSED');
      assert.match(failure.message, /rows would lie in the future, the newest at .*taken as UTC/);
      assert.match(failure.hint ?? '', /then run: chartctl migrate --naive-timezone /);
      const { steps } = await migrateStore(store, { naiveTimezone: zone.toLowerCase() });
      assert.match(steps.join('\n'), `as ${zone}; the newest minute becomes`);
      const [found] = await query(
        store,
        `SELECT max(timestamp) = date_trunc('minute', max(timestamp)) AS whole, count(*)::int AS rows,
           max(timestamp) BETWEEN now() - interval '3 minutes' AND now() AS recent FROM rolling_chart_data`,
      );
      assert.equal(found, { whole: true, rows: 100, recent: true });
    });
  }

  test('the zone of the database is suggested when it fits, and the hint can be followed', async ({ store }) => {
    await startWith(store, localNow('Asia/Kolkata'));
    await store.knex.raw(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kolkata''', current_database()); END $$`,
    );
    try {
      const { options } = await pasteUntilMigrated(store);
      assert.is(options.naiveTimezone, 'Asia/Kolkata');
    } finally {
      await store.knex.raw(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET timezone', current_database()); END $$`,
      );
    }
  });

  test('UTC can be confirmed, and rows that no zone explains are no reason to ask', async ({ store }) => {
    await startWith(store, localNow('Asia/Kolkata'));
    const { steps } = await migrateStore(store, { naiveTimezone: 'UTC' });
    assert.match(steps.join('\n'), /as UTC; .*, and 100 rows lie in the future/);
    await startWith(store, naiveTable(`'2099-01-01'::timestamp`, 1));
    assert.equal((await planMigration(store)).refusals, []);
  });

  test('an hour that the clocks have twice is taken as the second one, and repeated rows go to the audit log', async ({
    store,
  }) => {
    // 00:30Z to 02:29Z: from 02:30 in summer time to 03:29 in winter time
    await startWith(
      store,
      naiveTable(`('2024-10-27 00:30+00'::timestamptz + n * interval '1 minute') AT TIME ZONE 'Europe/Berlin'`, 120),
    );
    const result = await migrateStore(store, { naiveTimezone: 'Europe/Berlin' });
    assert.match(
      result.steps.join('\n'),
      /take 90 rows in hours that Europe\/Berlin has twice, the first at 2024-10-27 02:00/,
    );
    assert.is(result.duplicatesRemoved, 30);
    const [found] = await query(
      store,
      `SELECT count(*)::int AS rows, min(timestamp) AS first, max(timestamp) AS last FROM rolling_chart_data`,
    );
    assert.equal(found, { rows: 90, first: new Date('2024-10-27T01:00Z'), last: new Date('2024-10-27T02:29Z') });
    // of the minutes that were stored twice, the row that was written later stays: that of the second pass
    const [kept] = await query(store, `SELECT open FROM rolling_chart_data WHERE timestamp = '2024-10-27 01:40Z'`);
    assert.equal(kept, { open: 70 });
  });

  test('an hour that the clocks skip shows that the zone is wrong', async ({ store }) => {
    await startWith(store, naiveTable(`'2025-03-30 01:30'::timestamp + n * interval '1 minute'`, 60));
    const failure = await expectFailure(migrateStore(store, { naiveTimezone: 'Europe/Berlin' }));
    assert.match(
      failure.message,
      '30 rows of "timestamp" do not exist in Europe/Berlin, the first at 2025-03-30 02:00:00',
    );
    await migrateStore(store, { naiveTimezone: 'UTC' });
  });

  test('an unknown zone is a wrong usage, with the names that hold it', async ({ store }) => {
    await startWith(store, naiveTable(`'2025-06-01 12:00'::timestamp`, 1));
    const failure = await expectFailure(migrateStore(store, { naiveTimezone: 'berlin' }));
    assert.equal([failure.kind, failure.code], ['usage', 'UNKNOWN_TIME_ZONE']);
    assert.match(failure.hint ?? '', 'did you mean Europe/Berlin?');
    await expectFailure(migrateStore(store, { naiveTimezone: `UTC'; DROP TABLE rolling_chart_data; --` }));
    assert.is((await query(store, 'SELECT 1 FROM rolling_chart_data')).length, 1);
  });
});
