import * as assert from 'uvu/assert';
import { isSound } from '../../../src/core/candle.js';
import type { Store } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { isValid } from '../../../src/rows/chart-row.js';
import { isCompleteAt, isValidAt } from '../../../src/rows/row-block.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { COMPLETE_SQL, ON_MINUTE_SQL, SOUND_SQL, VALID_SQL } from '../../../src/tables/rolling-chart-data/columns.js';
import { countComplete, countRows } from '../../../src/tables/rolling-chart-data/coverage.js';
import { loadBlock } from '../../../src/tables/rolling-chart-data/read-rows.js';
import { scanRows } from '../../../src/tables/rolling-chart-data/scan-rows.js';
import { storeGroup } from '../../harness/store-group.js';
import { readRows } from '../../harness/read-rows.js';

const RANGE = { from: Date.parse('2025-01-01T00:00:00Z'), to: Date.parse('2026-01-01T00:00:00Z') };
const NUMBERS = `unnest(ARRAY[NULL, 'NaN', 'Infinity', -1, 0, 1, 2]::float8[])`;
const MARKS = 'unnest(ARRAY[NULL, false, true])';

const INDICATORS = INDICATOR_COLUMNS.join(', ');

/**
 * Inserts one row with all indicators for each combination of `NUMBERS` in the five fields of a candle, and of `marks`
 * in the two marks.
 */
async function insertCombinations({ knex }: Store, symbol: string, marks: string, where = 'true'): Promise<void> {
  await knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, hasmissingdata, iscomplete, ${INDICATORS})
     SELECT ?, '2025-01-01Z'::timestamptz + row_number() OVER () * interval '1 minute', o, h, l, c, v, flagged, complete,
       ${INDICATOR_COLUMNS.map(() => 0).join(', ')}
     FROM ${NUMBERS} o, ${NUMBERS} h, ${NUMBERS} l, ${NUMBERS} c, ${NUMBERS} v, ${marks} WHERE ${where}`,
    [symbol],
  );
}

async function selectMinutes({ knex }: Store, table: string, symbol: string, condition: string): Promise<number[]> {
  const { rows } = await knex.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM ${table} WHERE symbol = ? AND ${condition} AND ${ON_MINUTE_SQL} ORDER BY timestamp`,
    [symbol],
  );
  return rows.map(({ timestamp }) => timestamp.getTime());
}

storeGroup('what makes a row valid', (test) => {
  test('SQL and TypeScript agree on every combination of numbers, NULL, NaN and infinity', async ({ store }) => {
    await migrateStore(store);
    await insertCombinations(store, 'SOUND', '(VALUES (false, true)) AS m(flagged, complete)');
    const sound = await selectMinutes(store, 'rolling_chart_data', 'SOUND', SOUND_SQL);
    const rows = await readRows(store.knex, 'SOUND', RANGE);
    assert.is(rows.length, 7 ** 5);
    assert.equal(
      rows.filter(isSound).map(({ openTime }) => openTime),
      sound,
    );
    const scanned = await inTransaction(store, (trx) => scanRows(trx, 'SOUND'));
    assert.equal([...scanned.series.openTime], sound);
    assert.equal(await selectMinutes(store, 'training_chart_data', 'SOUND', 'true'), sound);
    assert.equal(
      await selectMinutes(store, 'rolling_chart_data', 'SOUND', `${SOUND_SQL} IS NULL`),
      [],
      'SOUND_SQL is true or false, never NULL',
    );
  });

  test('SQL, TypeScript and the view agree on every combination of the marks', async ({ store }) => {
    await migrateStore(store);
    const marks = `${MARKS} flagged, ${MARKS} complete`;
    await insertCombinations(store, 'VALID', marks, 'o = 1 AND h = 2 AND l = 1 AND c IN (0, 1) AND v = 0');
    const valid = await selectMinutes(store, 'rolling_chart_data', 'VALID', VALID_SQL);
    assert.is(valid.length, 2, 'a sound candle that is complete, and not flagged or NULL');
    const rows = await readRows(store.knex, 'VALID', RANGE);
    assert.is(rows.length, 18);
    assert.equal(
      rows.filter(isValid).map(({ openTime }) => openTime),
      valid,
    );
    assert.equal(await selectMinutes(store, 'training_chart_data', 'VALID', 'true'), valid);
    const complete = await selectMinutes(store, 'rolling_chart_data', 'VALID', COMPLETE_SQL);
    assert.is(complete.length, 6, 'sound or not, flagged or not, as long as they are marked as complete');
    assert.equal(await countRows(store.knex, 'VALID', RANGE), { rows: 18, valid: 2 });
    assert.is(await countComplete(store.knex, 'VALID', RANGE), 6);
  });

  test('a row without one of its 13 indicators is neither complete nor valid, whatever its mark says', async ({
    store,
  }) => {
    await migrateStore(store);
    await store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, ${INDICATORS})
       SELECT 'COLUMNS', '2025-01-01Z'::timestamptz + row_number() OVER () * interval '1 minute', 1, 1, 1, 1, 0,
         ${INDICATOR_COLUMNS.map((_, place) => `CASE WHEN place = ${place} THEN value ELSE 0 END`).join(', ')}
       FROM generate_series(0, ${INDICATOR_COLUMNS.length}) AS place,
         unnest(ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', 0, -1.7e308, 1.7e308]::float8[]) AS value`,
    );
    // the platform's plain INSERT: isComplete and hasMissingData have their defaults, the indicators are NULL
    await store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
       VALUES ('COLUMNS', '2025-01-02Z', 1, 1, 1, 1, 0)`,
    );
    const valid = await selectMinutes(store, 'rolling_chart_data', 'COLUMNS', VALID_SQL);
    assert.is(valid.length, 13 * 3 + 7, 'three finite values of each column, and seven rows in which none was changed');
    const block = await inTransaction(store, (trx) => loadBlock(trx, 'COLUMNS', RANGE));
    const select = (test: (at: number) => boolean) => [...block.openTime].filter((_, at) => test(at));
    const found = {
      complete: await selectMinutes(store, 'rolling_chart_data', 'COLUMNS', COMPLETE_SQL),
      view: await selectMinutes(store, 'training_chart_data', 'COLUMNS', 'true'),
      notNull: await selectMinutes(store, 'rolling_chart_data', 'COLUMNS', `NOT ${VALID_SQL} IS FALSE`),
      rows: (await readRows(store.knex, 'COLUMNS', RANGE)).filter(isValid).map(({ openTime }) => openTime),
      blockRows: select((at) => isValidAt(block, at)),
      completeBlockRows: select((at) => isCompleteAt(block, at)),
    };
    for (const [name, minutes] of Object.entries(found)) assert.equal(minutes, valid, name);
  });
});
