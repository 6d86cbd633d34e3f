import * as assert from 'uvu/assert';
import type { Db, Store } from '../../../src/database/store.js';
import { openStore } from '../../../src/database/open-store.js';
import { findShardSymbols, type Shard, toNodeCommands } from '../../../src/tables/engine/citus/shard-symbols.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { query } from '../adoption/legacy-shapes.js';

const SHARDS: readonly Shard[] = [
  { host: 'a', port: 5432, schema: 'public', table: 'rolling_chart_data_1' },
  { host: 'b', port: 5432, schema: 'public', table: 'rolling_chart_data_2' },
  { host: 'a', port: 5432, schema: 'The "market"', table: 'rolling_chart_data_3' },
  { host: 'a', port: 5433, schema: 'public', table: 'rolling_chart_data_4' },
];

/** A database that answers each statement with the next of these rows. */
function answering(...answers: readonly unknown[][]): { db: Db; sent: string[] } {
  const sent: string[] = [];
  const raw = (sql: string) => Promise.resolve({ rows: answers[sent.push(sql) - 1] });
  return { db: { raw } as unknown as Db, sent };
}

group('the symbols of the shards of Citus', (test) => {
  const ok = (symbol: string | null) => ({ success: true, symbol });
  const failed = { success: false, symbol: null };

  test('are those of all nodes, of which some may have none', async () => {
    assert.equal(await findShardSymbols(answering([{}], [...SHARDS], [ok('A'), ok('B'), ok(null)]).db, ''), ['A', 'B']);
    assert.equal(await findShardSymbols(answering([{}], [...SHARDS], [ok(null)]).db, ''), []);
  });

  test('take three statements, whatever the number of symbols', async () => {
    const { db, sent } = answering([{}], [...SHARDS], [ok('A'), ok('B')]);
    assert.equal(await findShardSymbols(db, ''), ['A', 'B']);
    assert.is(sent.length, 3);
  });

  test('are not asked for where Citus is not installed, or does not distribute the table', async () => {
    const plain = answering([]);
    assert.is(await findShardSymbols(plain.db, ''), undefined);
    assert.is(plain.sent.length, 1);
    const local = answering([{}], []);
    assert.is(await findShardSymbols(local.db, ''), undefined);
    assert.is(local.sent.length, 2);
  });

  test('are looked up through Citus when a node failed', async () => {
    const { db } = answering([{}], [...SHARDS], [ok('A'), failed]);
    assert.is(await findShardSymbols(db, ''), undefined);
  });

  test('are asked for by one query for each node', () => {
    const commands = toNodeCommands(SHARDS, '');
    assert.equal(
      commands.map(({ host, port }) => `${host}:${port}`),
      ['a:5432', 'b:5432', 'a:5433'],
    );
    assert.match(commands[0]!.command, '"The ""market"""."rolling_chart_data_3"');
  });
});

interface World {
  database: TestDatabase;
  store: Store;
}

const SYMBOLS = ['A', 'B', `it's "x"`, 'two\nlines', 'back\\slash', '币安人生USDT'];

/** Two shards as a worker has them: half of the symbols in each, and a third one without rows. */
const SHARD_TABLES = `
  CREATE SCHEMA "The ""market""";
  ${[
    ['public.rolling_chart_data_1', SYMBOLS.slice(0, 3)] as const,
    ['"The ""market""".rolling_chart_data_3', SYMBOLS.slice(3)] as const,
    ['public.rolling_chart_data_4', []] as const,
  ]
    .map(
      ([table, symbols]) => `CREATE TABLE ${table} (symbol varchar(20), timestamp timestamptz);
  INSERT INTO ${table} SELECT symbol, timestamptz '2025-06-01Z' + n * interval '1 minute'
  FROM unnest(ARRAY[${symbols.map((symbol) => `'${symbol.replaceAll("'", "''")}'`).join(', ')}]::text[]) AS s(symbol), generate_series(0, 4) n;`,
    )
    .join('\n  ')}`;

group<World>(
  'the query for the symbols of a node',
  (test) => {
    const onOneNode = SHARDS.filter(({ host }) => host === 'a').map((shard) => ({ ...shard, port: 5432 }));

    const run = async (store: Store, from: string) => {
      const [node] = toNodeCommands(onOneNode, from);
      const [row] = await query<{ coalesce: string[] }>(store, node!.command);
      return row!.coalesce.sort();
    };

    test('returns each symbol of its shards once, in a single value', async ({ store }) => {
      assert.equal(await run(store, ''), [...SYMBOLS].sort());
    });

    test('begins with a text, which may hold quotes and backslashes', async ({ store }) => {
      const later = await query<{ symbol: string }>(
        store,
        `SELECT symbol FROM unnest(ARRAY['A', 'B', 'back\\slash']) AS s(symbol) WHERE symbol >= E'back\\\\'`,
      );
      const found = await run(store, 'back\\');
      assert.equal(
        found.filter((symbol) => ['A', 'B', 'back\\slash'].includes(symbol)),
        later.map(({ symbol }) => symbol),
      );
      assert.ok(!(await run(store, `it's`)).includes('A'));
    });
  },
  {
    setup: async () => {
      const database = await databases().at(-1)!.create({ ownsDatabase: true });
      const store = await openStore(database.superuser);
      await store.knex.raw(SHARD_TABLES);
      return { database, store };
    },
    teardown: async ({ database, store }) => {
      await store.close();
      await database.drop();
    },
  },
);
