import type { Knex } from 'knex';
import * as assert from 'uvu/assert';
import type { Store } from '../../../src/database/store.js';
import { storeGroup } from '../../harness/store-group.js';

/** The value that the database returns for a binding cast to `type`. */
async function roundTrip(store: Store, value: unknown, type: string): Promise<unknown> {
  const { rows } = await store.knex.raw<{ rows: { value: unknown }[] }>(`select ?::${type} as value`, [
    value as Knex.RawBinding,
  ]);
  return rows[0]!.value;
}

const CASES: [type: string, value: unknown, expected?: unknown][] = [
  ['text', 'quote " backslash \\ tab \t newline \n euro €'],
  ['text', ''],
  ['text', null],
  ['double precision', 0.1],
  ['double precision', 1e-300],
  ['double precision', 1.7976931348623157e308],
  ['double precision', -0],
  ['double precision', NaN],
  ['double precision', Infinity],
  ['double precision', -Infinity],
  ['integer', -2147483648],
  ['bigint', 9007199254740993n, '9007199254740993'],
  ['numeric', '12345678901234567890.10', '12345678901234567890.10'],
  ['boolean', true],
  ['boolean', false],
  ['boolean', 'true', true],
  ['timestamptz', new Date('2025-06-01T12:34:56.789Z')],
  ['timestamptz', '2025-06-01T12:34:56.789+02:00', new Date('2025-06-01T10:34:56.789Z')],
  ['timestamp', '2025-06-01 12:34:56', new Date('2025-06-01T12:34:56Z')],
  ['date', '2025-06-01', new Date('2025-06-01T00:00:00Z')],
  ['jsonb', { a: [1, 'two', null], b: { c: true } }],
  ['jsonb', JSON.stringify([1, 2]), [1, 2]],
  ['jsonb', '"a string"', 'a string'],
  ['bytea', Buffer.from([0, 1, 255])],
  ['integer[]', [1, null, 3]],
  ['double precision[]', [0.5, NaN, -Infinity, null]],
  ['boolean[]', [true, false, null]],
  ['timestamptz[]', [new Date(0), null]],
  ['text[]', ['plain', 'with, comma', 'quo"te', 'back\\slash', '', 'NULL', null, '{braces}']],
  ['text[]', []],
  [
    'integer[][]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
];

storeGroup('dialect', (test) => {
  for (const [type, value, expected = value] of CASES) {
    test(`${type} is returned as ${String(JSON.stringify(expected) ?? expected)}`, async ({ store }) => {
      assert.equal(await roundTrip(store, value, type), expected);
    });
  }

  test('microseconds in a string are kept', async ({ store }) => {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>('select ?::timestamptz::text as value', [
      '2025-06-01 12:00:00.123456Z',
    ]);
    assert.equal(rows, [{ value: '2025-06-01 12:00:00.123456+00' }]);
  });

  test('the session is in UTC and has the application name', async ({ store }) => {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>(
      `select current_setting('timezone') as zone, current_setting('application_name') as name`,
    );
    assert.equal(rows, [{ zone: 'UTC', name: 'chartctl' }]);
  });

  test('undefined in an inserted row is null', async ({ store }) => {
    await store.knex.schema.createTable('holes', (table) => {
      table.integer('a');
      table.text('b');
    });
    await store.knex('holes').insert({ a: 1, b: undefined });
    await store.knex('holes').where({ a: 1 }).update({ b: null });
    assert.equal(await store.knex('holes').select(), [{ a: 1, b: null }]);
  });

  test('a row of a table, written and counted through Knex', async ({ store }) => {
    await store.knex.schema.createTable('things', (table) => {
      table.increments('id');
      table.text('name').notNullable().unique('things_name_once');
    });
    const returned = await store
      .knex('things')
      .insert([{ name: 'a' }, { name: 'b' }])
      .returning(['id', 'name']);
    assert.equal(returned, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    assert.is(await store.knex('things').where({ name: 'a' }).update({ name: 'c' }), 1);
    assert.is(await store.knex('things').where('id', '>', 0).del(), 2);
    assert.equal(await store.knex('things').count('* as n'), [{ n: '0' }]);
    assert.is(await store.knex('things').first(), undefined);
  });

  test('an error has its SQLSTATE, constraint, table and detail', async ({ store }) => {
    await store.knex.schema.createTable('once', (table) => table.integer('a').unique('only_once'));
    await store.knex('once').insert({ a: 7 });
    const error = await store
      .knex('once')
      .insert({ a: 7 })
      .then(
        () => undefined,
        (thrown: unknown) => thrown as Record<string, unknown>,
      );
    assert.is(error?.code, '23505');
    assert.is(error?.constraint, 'only_once');
    assert.is(error?.table, 'once');
    assert.is(error?.detail, 'Key (a)=(7) already exists.');
  });

  test('the message of a failed bulk insert is short', async ({ store }) => {
    const rows = Array.from({ length: 1000 }, (_, a) => ({ a, b: 'x' }));
    const error = await store
      .knex('no_such_table')
      .insert(rows)
      .then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
    assert.match(error?.message ?? '', 'relation "no_such_table" does not exist');
    assert.ok(error!.message.length < 1000, `was ${error!.message.length} characters`);
  });

  test('a statement that fails after its first rows does not affect the next result', async ({ store }) => {
    await store.knex.raw('select 1 / (50 - n) from generate_series(1, 100) as n').then(
      () => assert.unreachable('it did not fail'),
      (error: { code?: string }) => assert.is(error.code, '22012'),
    );
    const { rows } = await store.knex.raw<{ rows: unknown[] }>('select n from generate_series(1, 2) as n');
    assert.equal(rows, [{ n: 1 }, { n: 2 }]);
  });

  test('several statements in one text have several results', async ({ store }) => {
    const results = await store.knex.raw<{ rows: unknown[] }[]>('select 1 as a; select 2 as b');
    assert.equal(
      results.map((result) => result.rows),
      [[{ a: 1 }], [{ b: 2 }]],
    );
  });

  test('a question mark can be an operator', async ({ store }) => {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>(`select '{"a":1}'::jsonb \\? ? as has`, ['a']);
    assert.equal(rows, [{ has: true }]);
  });
});
