import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { migrateStore, planMigration } from '../../../src/tables/migration/migrate.js';
import { rollbackStore } from '../../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import { serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { FIVE_ROWS, legacyTable, query, startWith, takeSnapshot } from './legacy-shapes.js';
import { pasteUntilMigrated } from './paste-remedies.js';

interface Case {
  what: string;
  sql: string;
  /** The expected message. */
  message: RegExp;
  /** The number of statements that create removed objects again. */
  restores?: number;
}

const ADOPTABLE = `${legacyTable()} ${FIVE_ROWS}`;
const EPOCH_ROWS = (first: string) =>
  `INSERT INTO rolling_chart_data (symbol, timestamp, open) VALUES ('X', ${first}, 1);`;

const CASES: Case[] = [
  {
    what: 'times that are milliseconds',
    sql: `${legacyTable({ timestamp: 'bigint DEFAULT 0' })} ${EPOCH_ROWS('1748779200000')}`,
    message: /"timestamp" is of type bigint; expected timestamp with time zone/,
  },
  {
    what: 'times that are seconds',
    sql: `${legacyTable({ timestamp: 'integer' })} ${EPOCH_ROWS('1748779200')}`,
    message: /"timestamp" is of type integer/,
  },
  {
    what: 'times that are text',
    sql: `${legacyTable({ timestamp: 'text' })} ${EPOCH_ROWS(`'2025-06-01 12:00:00'`)}`,
    message: /"timestamp" is of type text/,
  },
  {
    what: 'times that are milliseconds in text',
    sql: `${legacyTable({ timestamp: 'varchar(20)' })} ${EPOCH_ROWS(`'1748779200000'`)}`,
    message: /"timestamp" is of type character varying\(20\)/,
  },
  {
    what: 'prices that are text',
    sql: `${legacyTable({ close: `text DEFAULT '0'` })} ${FIVE_ROWS}`,
    message: /"close" is of type text; expected double precision/,
  },
  {
    what: 'flags that are numbers',
    sql: `${legacyTable({ hasmissingdata: 'smallint DEFAULT 0' })} ${FIVE_ROWS}`,
    message: /"hasmissingdata" is of type smallint; expected boolean/,
  },
  {
    what: 'an expected column that is generated',
    sql: `${legacyTable({ bb_middle: 'double precision GENERATED ALWAYS AS (close) STORED' })} ${FIVE_ROWS}`,
    message: /"bb_middle" is generated/,
  },
  {
    what: 'a NOT NULL column without default',
    sql: `${legacyTable({ exchange: 'text NOT NULL' })} INSERT INTO rolling_chart_data (symbol, timestamp, exchange) VALUES ('X', '2025-06-01Z', 'BINANCE');`,
    message: /"exchange" is NOT NULL without a default/,
  },
  {
    what: 'a primary key without default',
    sql: `${legacyTable({ id: 'int PRIMARY KEY' })} INSERT INTO rolling_chart_data (symbol, timestamp, id) VALUES ('X', '2025-06-01Z', 7);`,
    message: /"id" is NOT NULL without a default/,
  },
  {
    what: 'a uuid key without default',
    sql: legacyTable({ id: 'uuid PRIMARY KEY' }),
    message: /"id" is NOT NULL without a default/,
  },
  {
    what: 'views over a view of a column whose type changes',
    sql: `${legacyTable({ close: 'numeric' })} ${FIVE_ROWS}
      CREATE VIEW daily AS SELECT symbol, avg(close) AS mean FROM rolling_chart_data GROUP BY 1;
      CREATE MATERIALIZED VIEW "Daily Means" AS SELECT mean FROM daily;`,
    message: /materialized view "Daily Means" depends.*close[\s\S]*view daily depends/,
    restores: 2,
  },
  {
    what: 'a generated column, a trigger and an index on columns whose type changes',
    sql: `${legacyTable({ close: 'numeric', high: 'numeric', middle: 'numeric GENERATED ALWAYS AS ((high + close) / 2) STORED' })} ${FIVE_ROWS}
      CREATE INDEX rounded ON rolling_chart_data (round(close, 2));
      CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER watch BEFORE UPDATE OF close ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION noop();`,
    message: /generated column middle[\s\S]*index rounded[\s\S]*trigger watch/,
    restores: 2,
  },
  {
    what: 'an index over a day of a time without zone',
    sql: `${legacyTable({ timestamp: 'timestamp' })} CREATE INDEX per_day ON rolling_chart_data (date_trunc('day', timestamp));`,
    message: /index per_day depends/,
  },
  {
    what: 'a table that is a view',
    sql: `CREATE TABLE candles AS SELECT 'X'::text AS symbol, now() AS timestamp, 1.0 AS open, 1.0 AS high, 1.0 AS low, 1.0 AS close, 1.0 AS volume;
      CREATE VIEW rolling_chart_data AS SELECT * FROM candles;`,
    message: /rolling_chart_data is a view; expected a plain table/,
  },
  {
    what: 'a table that is a materialized view',
    sql: `CREATE MATERIALIZED VIEW rolling_chart_data AS SELECT 'X'::text AS symbol, now() AS timestamp, 1.0 AS open, 1.0 AS high, 1.0 AS low, 1.0 AS close, 1.0 AS volume;`,
    message: /rolling_chart_data is a materialized view/,
  },
  {
    what: 'a partitioned table',
    sql: `${legacyTable({ id: 'serial', '"with ""quotes"': 'int' }).replace(';', ' PARTITION BY RANGE (timestamp);')}
      CREATE TABLE part PARTITION OF rolling_chart_data DEFAULT; ${FIVE_ROWS}
      CREATE UNIQUE INDEX idx_symbol_timestamp ON rolling_chart_data (symbol, timestamp);`,
    message: /is a partitioned table/,
  },
  {
    what: 'a table with child tables',
    sql: `${ADOPTABLE} CREATE TABLE chunk () INHERITS (rolling_chart_data);`,
    message: /is a table with child tables/,
  },
  {
    what: 'columns under other names',
    sql: `${ADOPTABLE} ALTER TABLE rolling_chart_data RENAME timestamp TO open_time; ALTER TABLE rolling_chart_data RENAME volume TO "Vol";`,
    message: /2 columns have other names than chartctl's: "open_time", expected timestamp; "Vol", expected volume/,
  },
  {
    what: 'unknown sources',
    sql: `${legacyTable({ source: 'varchar(20)' })} ${FIVE_ROWS} UPDATE rolling_chart_data SET source = CASE volume WHEN 1 THEN 'binance' WHEN 2 THEN 'it''s kraken' END;`,
    message: /1 rows have the source "binance"[\s\S]*"it's kraken"/,
  },
  {
    what: 'a constraint that allows fewer sources',
    sql: legacyTable({ source: `varchar(20) CONSTRAINT known CHECK (source IN ('BINANCE', 'FALLBACK'))` }),
    message: /constraint "known" rejects rows .* source BINANCE_BACKFILL/,
  },
  {
    what: 'a unique index on the time alone',
    sql: `${ADOPTABLE} ALTER TABLE rolling_chart_data ADD PRIMARY KEY (timestamp);`,
    message: /unique over \(timestamp\)/,
  },
  {
    what: 'another index with the name of the key',
    sql: `${ADOPTABLE} CREATE UNIQUE INDEX idx_symbol_timestamp ON rolling_chart_data (symbol, timestamp) WHERE volume > 0;`,
    message: /idx_symbol_timestamp exists already, unique, over \(symbol, timestamp\), partial/,
  },
  {
    what: 'the name of the key index on another table',
    sql: `${ADOPTABLE} CREATE TABLE elsewhere (a int); CREATE INDEX idx_symbol_timestamp ON elsewhere (a);`,
    message: /idx_symbol_timestamp is used by/,
  },
  {
    what: 'the name of the view',
    sql: `${ADOPTABLE} CREATE TABLE training_chart_data (a int);`,
    message: /there is a table named training_chart_data/,
  },
  {
    what: 'a trigger that drops candles of other exchanges',
    sql: `${ADOPTABLE}
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.source = 'BINANCE' THEN NEW END; END $$;
      CREATE TRIGGER ours BEFORE INSERT ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION refuse();`,
    message:
      /the trigger "ours" does not keep the rows that chartctl writes: a candle with the source FALLBACK of NEWCOINUSDT, inserted, is dropped/,
  },
  {
    what: 'a rule that changes prices',
    sql: `${ADOPTABLE} CREATE RULE halve AS ON UPDATE TO rolling_chart_data WHERE NEW.volume = 0 DO INSTEAD NOTHING;`,
    message: /the rule "halve" does not keep/,
  },
  {
    what: 'a unique index over an expression',
    sql: `${legacyTable()} CREATE UNIQUE INDEX hourly ON rolling_chart_data (symbol, date_trunc('hour', timestamp AT TIME ZONE 'UTC'));`,
    message: /the index "hourly" does not keep .*duplicate key/,
  },
  {
    what: 'a foreign key of the symbol',
    sql: `CREATE TABLE coins (symbol varchar(20) PRIMARY KEY); INSERT INTO coins VALUES ('X');
      ${legacyTable({ symbol: 'varchar(20) REFERENCES coins' })} ${FIVE_ROWS}`,
    message: /constraint "rolling_chart_data_symbol_fkey" rejects rows .*such as a row of a symbol/,
  },
  {
    what: 'duplicates that another table refers to',
    sql: `${legacyTable({ id: 'serial PRIMARY KEY' })} ${FIVE_ROWS} ${FIVE_ROWS}
      CREATE TABLE fills (candle int REFERENCES rolling_chart_data ON DELETE CASCADE); INSERT INTO fills VALUES (1);`,
    message: /5 duplicate rows must be removed, and the table fills refers/,
  },
];

onEveryDatabase('a migration that is refused', (test) => {
  for (const { what, sql, message, restores = 0 } of CASES) {
    test(`${what}: nothing is changed, and the remedy makes the table adoptable`, async ({ store }) => {
      await startWith(store, sql);
      const before = await takeSnapshot(store);
      const failure = await failureOf(store);
      assert.is(failure.code, 'MIGRATION_REFUSED');
      assert.match(failure.message, message);
      assert.is(await takeSnapshot(store), before);

      const { refusals } = await planMigration(store);
      await pasteUntilMigrated(store);
      const statements = findRestores(refusals);
      assert.is(statements.length, restores);
      for (const statement of statements) await store.knex.raw(statement);
      await store.knex.raw(
        `INSERT INTO rolling_chart_data (symbol, timestamp, open, source) VALUES ('Y', '2030-01-01Z', 1, 'BINANCE_BACKFILL'), ('Z', '2030-01-01Z', 1, 'FALLBACK')`,
      );
    });
  }

  test('all problems are reported together', async ({ store }) => {
    await startWith(store, legacyTable({ timestamp: 'bigint', exchange: 'text NOT NULL', '"isComplete"': 'boolean' }));
    const { refusals } = await planMigration(store);
    assert.is(refusals.length, 3);
    const failure = await failureOf(store);
    for (const { problem, remedy } of refusals) {
      assert.ok(failure.message.includes(problem));
      assert.ok(failure.hint?.includes(remedy));
    }
  });

  test('epoch numbers become the right times', async ({ store }) => {
    for (const [type, value] of [
      ['bigint', '1748779200000'],
      ['integer', '1748779200'],
      ['bigint', '1748779200000000'],
      ['text', `'1748779200000'`],
      ['text', `'2025-06-01 12:00:00'`],
    ]) {
      await startWith(store, `${legacyTable({ timestamp: type! })} ${EPOCH_ROWS(value!)}`);
      await pasteUntilMigrated(store);
      assert.equal(await query(store, `SELECT timestamp FROM rolling_chart_data`), [
        { timestamp: new Date('2025-06-01T12:00Z') },
      ]);
    }
  });

  test('columns of another spelling are refused by name, with the option that renames them', async ({ store }) => {
    await startWith(store, `${legacyTable({ '"isComplete"': 'boolean' })} ${FIVE_ROWS}`);
    const [refusal] = (await planMigration(store)).refusals;
    assert.match(refusal!.problem, `a column has another name than chartctl's: "isComplete", expected iscomplete`);
    assert.match(refusal!.remedy, 'chartctl migrate --adopt-spelling');
    for (const options of [{ adoptSpelling: true }, { adoptQuoted: true }])
      assert.equal((await planMigration(store, options)).refusals, []);
  });

  test('two spellings of one column are never merged', async ({ store }) => {
    await startWith(store, `${legacyTable({ '"isComplete"': 'boolean', iscomplete: 'boolean' })} ${FIVE_ROWS}`);
    const { refusals } = await planMigration(store, { adoptQuoted: true });
    assert.is(refusals.length, 1);
    await store.knex.raw(refusals[0]!.remedy);
    await migrateStore(store, { adoptQuoted: true });
    const columns = await query(store, `SELECT "isComplete_old", iscomplete FROM rolling_chart_data LIMIT 1`);
    assert.equal(columns, [{ isComplete_old: null, iscomplete: false }]);
  });

  test('volumes are never converted twice, not even after a rollback', async ({ store }) => {
    await startWith(store, ADOPTABLE);
    await migrateStore(store, { legacyVolume: 'quote' });
    for (const between of [() => Promise.resolve(), () => rollbackStore(store)]) {
      await between();
      const failure = await failureOf(store, { legacyVolume: 'quote' });
      assert.is(failure.code, 'ALREADY_ADOPTED');
    }
  });
});

const server = await serverUrl();

group('a migration without privileges', (test) => {
  if (!server) {
    test.skip('the role is told what it lacks', 'no PostgreSQL here');
    return;
  }

  test('missing privileges are named, and the remedy grants them', async () => {
    const role = `migrator_${randomBytes(4).toString('hex')}`;
    const admin = await openStore({ kind: 'postgres', url: server });
    await admin.knex.raw(`CREATE DATABASE ${role}`);
    const url = new URL(server);
    url.pathname = `/${role}`;
    const owner = await openStore({ kind: 'postgres', url: url.href });
    try {
      await owner.knex.raw(
        `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; CREATE ROLE ${role}_owner; GRANT ${role}_owner TO current_user`,
      );
      await owner.knex.raw(
        `${legacyTable()} ALTER TABLE rolling_chart_data OWNER TO ${role}_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
      );
      await owner.knex.raw(`GRANT CREATE ON SCHEMA public TO ${role}_owner`);
      url.username = role;
      url.password = 'secret';
      const store = await openStore({ kind: 'postgres', url: url.href });
      try {
        const failure = await failureOf(store);
        assert.match(failure.message, `may not create tables in the schema "public"`);
        assert.match(failure.message, `belongs to "${role}_owner", and "${role}" may not alter it`);
        for (const { remedy } of (await planMigration(store)).refusals) await owner.knex.raw(remedy);
        await migrateStore(store);
      } finally {
        await store.close();
      }
    } finally {
      await owner.close();
      await admin.knex.raw(`DROP DATABASE ${role} WITH (FORCE)`);
      await admin.knex.raw(`DROP ROLE ${role}; DROP ROLE ${role}_owner`);
      await admin.close();
    }
  });
});

/** The statements to run after the migration, inner views first; indexes have to be adapted by hand. */
function findRestores(refusals: readonly { remedy: string }[]): string[] {
  const restores = refusals.flatMap(
    ({ remedy }) => / -- and after the migration: ([^]*)$/.exec(remedy)?.slice(1) ?? [],
  );
  return restores
    .filter((statement) => !/adapt it to the new type|create_distributed_table/.test(statement))
    .map((statement) => statement.replaceAll('\n--   ', '\n'))
    .reverse();
}

async function failureOf(store: Store, options = {}): Promise<Failure> {
  try {
    await migrateStore(store, options);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
