import * as assert from 'uvu/assert';
import { findErrorCode } from '../../../src/database/connection/database-failure.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { expectError, expectFailure } from '../../harness/expect-failure.js';
import { storeGroup } from '../../harness/store-group.js';

/** What rejects the row ('ETHUSDT', 0), and what the message must name. */
const REJECTIONS: [what: string, setup: string, code: string, named: RegExp[]][] = [
  [
    'a CHECK constraint',
    'ALTER TABLE candles ADD CONSTRAINT some_volume CHECK (volume > 0)',
    '23514',
    [/constraint "some_volume"/, /ETHUSDT, 0/],
  ],
  [
    'a foreign key',
    'CREATE TABLE coins (symbol text PRIMARY KEY); ALTER TABLE candles ADD CONSTRAINT known FOREIGN KEY (symbol) REFERENCES coins',
    '23503',
    [/constraint "known"/, /\(symbol\)=\(ETHUSDT\)/],
  ],
  [
    'a unique index',
    `CREATE UNIQUE INDEX one_zero ON candles ((1)) WHERE volume = 0; INSERT INTO candles VALUES ('BTCUSDT', 0)`,
    '23505',
    [/constraint "one_zero"/, /Key/],
  ],
  [
    'an exclusion constraint',
    `ALTER TABLE candles ADD CONSTRAINT apart EXCLUDE (volume WITH =); INSERT INTO candles VALUES ('BTCUSDT', 0)`,
    '23P01',
    [/constraint "apart"/, /\(volume\)=\(0\)/],
  ],
  [
    'a NOT NULL column',
    'ALTER TABLE candles ADD COLUMN venue text NOT NULL',
    '23502',
    [/column "venue"/, /ETHUSDT, 0/],
  ],
  [
    "a trigger's RAISE",
    triggerOf(`RAISE EXCEPTION 'no volume in %', NEW.symbol`),
    'P0001',
    [/no volume in ETHUSDT/, /refuse_it\(\)/],
  ],
  ['an error inside a trigger', triggerOf('NEW.volume := 1 / NEW.volume::int'), '22012', [/refuse_it\(\)/]],
];

function triggerOf(statement: string): string {
  return `CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NEW; END $$;
    CREATE TRIGGER refuses BEFORE INSERT ON candles FOR EACH ROW EXECUTE FUNCTION refuse_it()`;
}

storeGroup('a row that the database rejects', (test) => {
  for (const [what, setup, code, named] of REJECTIONS) {
    test(`by ${what} is a failure that names constraint and row, and a retry is not offered`, async ({ store }) => {
      await store.knex.raw(`DROP TABLE IF EXISTS candles, coins; DROP FUNCTION IF EXISTS refuse_it;
        CREATE TABLE candles (symbol text, volume float8); ${setup}`);
      const failure = await expectFailure(
        inTransaction(store, (trx) => trx.raw(`INSERT INTO candles (symbol, volume) VALUES ('ETHUSDT', 0)`)),
      );
      assert.equal([failure.kind, failure.code], ['failed', code]);
      assert.match(failure.message, /rejected a row/);
      for (const pattern of named) assert.match(failure.message, pattern);
    });
  }
});

storeGroup('a server of a distributed database that is lost in the middle of a statement', (test) => {
  const raise = (message: string) =>
    `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = '${message}'; END $$`;

  for (const message of ['SSL SYSCALL error: EOF detected', 'server closed the connection unexpectedly']) {
    test(`is a lost connection: ${message}`, async ({ store }) => {
      assert.is(findErrorCode(await expectError(store.knex.raw(raise(message)))), '08006');
    });
  }

  test('another internal error is none', async ({ store }) => {
    assert.is(findErrorCode(await expectError(store.knex.raw(raise('could not find the plan')))), 'XX000');
  });
});
