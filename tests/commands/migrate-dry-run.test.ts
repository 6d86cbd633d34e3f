import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openStore, withStore } from '../../src/database/open-store.js';
import type { Store, Transaction } from '../../src/database/store.js';
import { migrateStore, planMigration } from '../../src/tables/migration/migrate.js';
import { inMigration } from '../../src/tables/migration/transaction.js';
import { databases, type TestDatabase } from '../harness/databases.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { FIVE_ROWS, legacyTable, startWith, takeSnapshot } from '../tables/adoption/legacy-shapes.js';
import { runInProcess } from './run-in-process.js';

interface Case {
  what: string;
  /** What is in the database. */
  sql?: string;
  /** What is there beside, as only a superuser can make it. */
  prepare?: string;
  /** Undoes `prepare`. */
  restore?: string;
  /** Migrates once before. */
  isMigrated?: boolean;
  argv?: string[];
  exitCode: number;
  /** What both runs say on standard error. */
  says?: RegExp;
}

const ADOPTABLE = `${legacyTable()} ${FIVE_ROWS}`;
const FUNCTION = (name: string, body: string) =>
  `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;`;

const CASES: Case[] = [
  { what: 'an empty database', exitCode: 0 },
  { what: 'a database that is up to date', isMigrated: true, exitCode: 0 },
  { what: 'a table that can be adopted', sql: ADOPTABLE, exitCode: 0 },
  {
    what: 'duplicates, which are removed',
    sql: `${ADOPTABLE} ${FIVE_ROWS} ALTER TABLE rolling_chart_data ALTER close TYPE numeric;`,
    exitCode: 0,
  },
  {
    what: 'rows off the minute',
    sql: `${ADOPTABLE} UPDATE rolling_chart_data SET timestamp = timestamp + interval '7 s' WHERE volume = 3;`,
    exitCode: 0,
  },

  // found by reading
  {
    what: 'a column that chartctl does not fill',
    sql: legacyTable({ venue: 'text NOT NULL' }),
    exitCode: 1,
    says: /nothing was migrated: the column "venue" is NOT NULL without a default/,
  },
  {
    what: 'two problems, and an option that the next run needs',
    sql: legacyTable({ venue: 'text NOT NULL', timestamp: 'bigint', '"isComplete"': 'boolean' }),
    argv: ['--adopt-spelling'],
    exitCode: 1,
    says: /for 2 reasons:[\s\S]*then run: chartctl migrate --adopt-spelling/,
  },
  {
    what: 'a column of another spelling',
    sql: legacyTable({ '"isComplete"': 'boolean' }),
    exitCode: 1,
    says: /another name than chartctl's/,
  },
  {
    what: 'a view over a column whose type changes',
    sql: `${legacyTable({ close: 'numeric' })} CREATE VIEW v AS SELECT close FROM rolling_chart_data;`,
    exitCode: 1,
    says: /the view v depends/,
  },
  {
    what: 'a partitioned table',
    sql: legacyTable().replace(';', ' PARTITION BY RANGE (timestamp);'),
    exitCode: 1,
    says: /is a partitioned table/,
  },
  {
    what: 'duplicates that another table refers to',
    sql: `${legacyTable({ id: 'serial PRIMARY KEY' })} ${FIVE_ROWS} ${FIVE_ROWS}
      CREATE TABLE fills (candle int REFERENCES rolling_chart_data ON DELETE CASCADE);`,
    exitCode: 1,
    says: /the table fills refers/,
  },
  {
    what: 'times in the future',
    sql: `${legacyTable({ timestamp: 'timestamp' })} ${FIVE_ROWS} UPDATE rolling_chart_data SET timestamp = (now() AT TIME ZONE 'UTC')::timestamp(0) + interval '2 h' * volume;`,
    exitCode: 1,
    says: /future/,
  },
  {
    what: 'the name of the view',
    sql: 'CREATE TABLE training_chart_data (a int);',
    exitCode: 1,
    says: /training_chart_data/,
  },

  // found by doing it
  {
    what: 'a trigger that drops rows',
    sql: `${ADOPTABLE} ${FUNCTION('refuse', `RETURN CASE WHEN NEW.source = 'BINANCE' THEN NEW END;`)}
      CREATE TRIGGER ours BEFORE INSERT ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION refuse();`,
    exitCode: 1,
    says: /nothing was migrated: the trigger "ours" does not keep the rows[\s\S]*DISABLE TRIGGER "ours"/,
  },
  {
    what: 'a rule that drops changes',
    sql: `${ADOPTABLE} CREATE RULE halve AS ON UPDATE TO rolling_chart_data WHERE NEW.volume = 0 DO INSTEAD NOTHING;`,
    exitCode: 1,
    says: /the rule "halve" does not keep/,
  },
  {
    what: 'a unique index over an expression',
    sql: `${legacyTable()} CREATE UNIQUE INDEX hourly ON rolling_chart_data (symbol, date_trunc('hour', timestamp AT TIME ZONE 'UTC'));`,
    exitCode: 1,
    says: /the index "hourly" does not keep/,
  },
  {
    what: 'a number that a double cannot hold',
    sql: `${legacyTable({ volume: 'numeric' })} ${FIVE_ROWS} UPDATE rolling_chart_data SET volume = 1e400 WHERE volume = 3;`,
    exitCode: 1,
    says: /the migration was undone, the database rejected it: .*out of range/,
  },
  {
    what: 'a table of another program with the name of ours',
    sql: `${ADOPTABLE} CREATE TABLE chartctl_jobs (a int);`,
    exitCode: 1,
    says: /the migration was undone, the database rejected it: column .* does not exist/,
  },
  {
    what: 'a constraint that the conversion of volumes breaks',
    sql: `${ADOPTABLE} ALTER TABLE rolling_chart_data ADD CONSTRAINT whole CHECK (volume >= 1) NOT VALID;`,
    argv: ['--legacy-volume', 'quote'],
    exitCode: 1,
    says: /"whole"/,
  },
  {
    what: 'an event trigger that forbids new tables',
    sql: ADOPTABLE,
    prepare: `CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ask the database team'; END $$;
      CREATE EVENT TRIGGER forbidden ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION forbid();`,
    restore: 'DROP EVENT TRIGGER forbidden; DROP FUNCTION forbid;',
    exitCode: 1,
    says: /the database rejected it: ask the database team/,
  },
  {
    what: 'a role that may not create tables',
    sql: '',
    prepare: `ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT USAGE ON SCHEMA public TO chartctl_owner;`,
    restore: `ALTER SCHEMA public OWNER TO chartctl_owner;`,
    exitCode: 1,
    says: /"chartctl_owner" may not create tables in the schema "public"/,
  },
  {
    what: 'a table that belongs to another role',
    sql: ADOPTABLE,
    prepare:
      'ALTER TABLE rolling_chart_data OWNER TO CURRENT_USER; GRANT SELECT ON rolling_chart_data TO chartctl_owner;',
    exitCode: 1,
    says: /rolling_chart_data belongs to .*, and "chartctl_owner" may not alter it/,
  },
  {
    what: 'a database that may only be read',
    sql: ADOPTABLE,
    prepare: `ALTER ROLE chartctl_owner IN DATABASE :database SET default_transaction_read_only = on;`,
    restore: 'ALTER ROLE chartctl_owner IN DATABASE :database RESET default_transaction_read_only;',
    exitCode: 1,
    says: /read-only/,
  },

  // wrong usage
  {
    what: 'an engine that is not installed',
    argv: ['--engine', 'citus'],
    exitCode: 2,
    says: /the extension citus is not installed/,
  },
  { what: 'an option of an engine', argv: ['--shards', '8'], exitCode: 2, says: /--shards is about Citus/ },
  { what: 'rows to choose, and no table', argv: ['--where', 'true'], exitCode: 2, says: /there is none to adopt/ },
  { what: 'SQL that is none', sql: ADOPTABLE, argv: ['--where', 'symbol ='], exitCode: 2, says: /--where/ },
  {
    what: 'a zone that is none',
    sql: `${legacyTable({ timestamp: 'timestamp' })} ${FIVE_ROWS}`,
    argv: ['--naive-timezone', 'Mars/Base'],
    exitCode: 2,
    says: /Mars\/Base/,
  },
  {
    what: 'volumes of a table that was adopted before',
    isMigrated: true,
    argv: ['--legacy-volume', 'quote'],
    exitCode: 2,
    says: /it was adopted before/,
  },
];

interface World {
  database: TestDatabase;
  store: Store;
  folder: string;
}

const backend = databases().at(-1)!;

group<World>(
  'migrate --dry-run ends as migrate does',
  (test) => {
    if (backend.name === 'PGlite') {
      test.skip('on every kind of database', 'no PostgreSQL here');
      return;
    }

    for (const { what, sql = '', prepare, restore, isMigrated, argv = [], exitCode, says } of CASES) {
      test(what, async ({ database, store, folder }) => {
        const run = (...words: string[]) =>
          runInProcess(['migrate', ...words], { cwd: folder, env: databaseEnvironment(database.config) });
        await startWith(store, sql);
        if (isMigrated) await migrateStore(store);
        if (prepare) await asSuperuser(database, prepare);
        const before = await takeSnapshot(store);
        const format = exitCode === 0 ? [] : ['--json'];
        const dry = await run(...argv, '--dry-run', ...format);
        assert.is(await takeSnapshot(store), before, 'the dry run changed something');
        const real = await run(...argv, ...format);
        if (restore) await asSuperuser(database, restore);

        assert.is(dry.exitCode, exitCode, dry.stderr);
        assert.equal([dry.exitCode, dry.stderr], [real.exitCode, real.stderr]);
        if (says) assert.match(dry.stderr, says);
        if (exitCode === 0) {
          const steps = real.stdout.split('\n').filter((line) => !line.startsWith('next: '));
          assert.equal(dry.stdout.replaceAll(/^would: /gm, '').split('\n'), steps);
        } else {
          assert.equal(errorOf(dry.stdout), errorOf(real.stdout));
        }
      });
    }

    test('another migration, or another session that uses the table: the same failure after the same time', async ({
      database,
      store,
    }) => {
      await startWith(store, ADOPTABLE);
      const other = await openStore(database.config);
      try {
        for (const [sql, message, exitCode] of [
          [`SELECT pg_advisory_xact_lock(hashtext('chartctl migrate'))`, /another migration of the database/, 11],
          ['SELECT * FROM rolling_chart_data', /rolling_chart_data is in use by another session/, 75],
        ] as const) {
          const holding = await other.knex.transaction();
          await holding.raw(sql);
          const failures = [];
          for (const attempt of [planMigration, migrateStore]) {
            failures.push(await expectFailure(attempt(store, {}, { lockTimeoutMs: 100 })));
          }
          await holding.rollback();
          const [dry, real] = failures.map(({ message: text, hint, exitCode: code }) => ({ text, hint, code }));
          assert.equal(dry, real);
          assert.match(dry!.text, message);
          assert.is(dry!.code, exitCode);
        }
        assert.equal((await planMigration(store)).refusals, [], 'nothing is locked any more');
        for (const [isRehearsal, limit] of [
          [true, '5s'],
          [false, '1min'],
        ] as const) {
          const readLimit = (trx: Transaction) => trx.raw<{ rows: unknown[] }>('SHOW lock_timeout');
          const { rows } = await inMigration(store, readLimit, { isRehearsal });
          assert.equal(rows, [{ lock_timeout: limit }], 'without a limit of the caller');
        }
      } finally {
        await other.close();
      }
    });
  },
  {
    setup: async () => {
      const database = await backend.create({ ownsDatabase: true });
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-migrate-'));
      return { database, folder, store: await openStore(database.config) };
    },
    teardown: async ({ database, store, folder }) => {
      await store.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  },
);

async function asSuperuser({ superuser }: TestDatabase, sql: string): Promise<void> {
  await withStore(superuser, async ({ knex }) => {
    const { rows } = await knex.raw<{ rows: { name: string }[] }>('SELECT quote_ident(current_database()) AS name');
    await knex.raw(sql.replaceAll(':database', rows[0]!.name));
  });
}

function errorOf(stdout: string): unknown {
  return (JSON.parse(stdout) as { error?: unknown }).error;
}
