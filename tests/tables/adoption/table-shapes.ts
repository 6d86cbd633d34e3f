/** A table as a platform may have made it, with the candles of BTCUSDT from 2025-06-01T10:00Z on. */
export interface TableShape {
  what: string;
  /** Creates and fills the table. */
  sql: string;
  /** Rows that are adopted; default `SHAPE_ROWS`. */
  rows?: number;
  /** What the refusals must name, over all rounds; undefined when the table is adopted at once. */
  refused?: RegExp;
}

export const SHAPE_ROWS = 30;

const NUMBERS = ['open', 'high', 'low', 'close', 'volume'] as const;
const VALUES = { open: '100.5', high: '102', low: '99', close: '101.25', volume: '5.5' };
const TIME = `'2025-06-01 10:00+00'::timestamptz + n * interval '1 minute'`;
const NAIVE = `'2025-06-01 10:00'::timestamp + n * interval '1 minute'`;
const SECONDS = '1748772000 + n * 60';

/** A table definition with candles; a column given as undefined is left out. */
function table(columns: Record<string, string | undefined> = {}, constraints = ''): string {
  const all: Record<string, string | undefined> = {
    symbol: 'text',
    timestamp: 'timestamptz',
    ...Object.fromEntries(NUMBERS.map((name) => [name, 'double precision'])),
    ...columns,
  };
  const definitions = Object.entries(all).flatMap(([name, type]) => (type === undefined ? [] : [`${name} ${type}`]));
  return `CREATE TABLE rolling_chart_data (${definitions.join(', ')}${constraints && `, ${constraints}`});`;
}

/** Fills the table with `SHAPE_ROWS` minutes; values are SQL over the minute's number n. */
function fill(values: Record<string, string | undefined> = {}): string {
  const all: Record<string, string | undefined> = { symbol: `'BTCUSDT'`, timestamp: TIME, ...VALUES, ...values };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `INSERT INTO rolling_chart_data (${given.map(([name]) => name).join(', ')})
    SELECT ${given.map(([, value]) => value).join(', ')} FROM generate_series(0, ${SHAPE_ROWS - 1}) n;`;
}

function trigger(timing: string, body: string): string {
  return `CREATE FUNCTION react() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
    CREATE TRIGGER reacts ${timing} ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION react();`;
}

const NUMERIC = Object.fromEntries(NUMBERS.map((name) => [name, 'numeric(24,8) NOT NULL']));

export const TABLE_SHAPES: readonly TableShape[] = [
  { what: 'plain columns', sql: table() + fill() },
  {
    what: 'numeric prices and naive times',
    sql: table({ timestamp: 'timestamp', ...NUMERIC }) + fill({ timestamp: NAIVE }),
  },
  // keys
  {
    what: 'a text key without default (Prisma with cuid)',
    sql: table({ id: 'text PRIMARY KEY' }) + fill({ id: `md5(n::text)` }),
    refused: /"id" is NOT NULL without a default/,
  },
  {
    what: 'a key of 25 characters',
    sql: table({ id: 'varchar(25) PRIMARY KEY' }) + fill({ id: `left(md5(n::text), 25)` }),
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'a key of 8 characters',
    sql: table({ id: 'char(8) PRIMARY KEY' }) + fill({ id: `left(md5(n::text), 8)` }),
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'a uuid that the program makes (TypeORM)',
    sql: table({ id: 'uuid PRIMARY KEY' }) + fill({ id: 'gen_random_uuid()' }),
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'a numeric key to which another table refers',
    sql: `${table({ id: 'numeric PRIMARY KEY' })}${fill({ id: 'n' })}
      CREATE TABLE fills (candle numeric REFERENCES rolling_chart_data); INSERT INTO fills VALUES (3);`,
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'a bigint key that the program counts',
    sql: table({ id: 'bigint PRIMARY KEY' }) + fill({ id: 'n - 5' }),
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'a composite key with an interval',
    sql:
      table({ interval: 'varchar(10) NOT NULL' }, 'PRIMARY KEY (symbol, interval, timestamp)') +
      fill({ interval: `'1m'` }),
    refused: /"interval" is NOT NULL/,
  },
  {
    what: 'an empty table with a composite key and another name of the time',
    sql: `CREATE TABLE rolling_chart_data (symbol varchar(20) not null, interval varchar(10) not null,
      open_time timestamptz not null, open float8, high float8, low float8, close float8, volume float8,
      PRIMARY KEY (symbol, interval, open_time));`,
    rows: 0,
    refused: /"interval" is NOT NULL/,
  },
  {
    what: 'a composite key with an enumeration',
    sql: `CREATE TYPE span AS ENUM ('1m', '1h'); ${table({ timeframe: 'span' }, 'PRIMARY KEY (symbol, timeframe, timestamp)')}
      ${fill({ timeframe: `'1m'` })}`,
    refused: /"timeframe" is NOT NULL/,
  },
  {
    what: 'a composite key with an id',
    sql: table({ id: 'text' }, 'PRIMARY KEY (id, timestamp)') + fill({ id: 'md5(n::text)' }),
    refused: /"id" is NOT NULL/,
  },
  {
    what: 'names of every price and NOT NULL',
    sql: `CREATE TABLE rolling_chart_data (symbol text not null, open_time timestamptz not null, open_price numeric not null,
      high_price numeric not null, low_price numeric not null, close_price numeric not null, volume numeric not null);
      INSERT INTO rolling_chart_data SELECT 'BTCUSDT', ${TIME}, 100.5, 102, 99, 101.25, 5.5 FROM generate_series(0, 29) n;`,
    refused: /open_time|timestamp/,
  },
  {
    what: 'a deferrable unique key',
    sql: table({}, 'UNIQUE (symbol, timestamp) DEFERRABLE INITIALLY DEFERRED') + fill(),
  },
  {
    what: 'a unique time',
    sql: table({}, 'PRIMARY KEY (timestamp)') + fill(),
    refused: /unique over \(timestamp\)/,
  },
  {
    what: 'a NOT NULL column that is the replica identity',
    sql: `${table({ seq: 'int NOT NULL UNIQUE' })} ${fill({ seq: 'n' })}
      ALTER TABLE rolling_chart_data REPLICA IDENTITY USING INDEX rolling_chart_data_seq_key;`,
    refused: /"seq" is NOT NULL/,
  },
  { what: 'duplicates', sql: table({ id: 'serial PRIMARY KEY' }) + fill() + fill({ volume: '7' }) },
  // types
  {
    what: 'an enumeration of sources in lower case',
    sql: `CREATE TYPE src AS ENUM ('binance', 'other'); ${table({ source: `src NOT NULL DEFAULT 'binance' CHECK (source <> 'other')` })}
      ${fill()} CREATE VIEW seen AS SELECT DISTINCT source FROM rolling_chart_data;`,
    refused: /source "binance"/,
  },
  {
    what: 'short sources of its own, checked, with a trigger that forbids updates',
    sql: `${table({ source: `varchar(8) CHECK (source IN ('binance', 'kraken'))` })} ${fill({ source: `'kraken'` })}
      ${trigger('BEFORE UPDATE', `RAISE EXCEPTION 'read-only';`)}`,
    refused: /source "kraken"[\s\S]*trigger "reacts"/,
  },
  {
    what: 'money, with a check',
    sql:
      table({ open: 'money CHECK (open > 0::money)', high: 'money', low: 'money', close: 'money' }) +
      fill({ open: '1234.5::numeric::money', high: '1235::money', low: '1234::money', close: '1235::money' }),
    refused: /"open" is of type money/,
  },
  {
    what: 'prices as text',
    sql: table({ open: 'text', close: `varchar(30) DEFAULT '0' NOT NULL` }) + fill({ open: `' 1.5e2 '`, high: '200' }),
    refused: /"open" is of type text/,
  },
  {
    what: 'prices as text, some of them not numbers',
    sql: `${table({ id: 'serial PRIMARY KEY', close: 'text', rsi: 'text NOT NULL' })}
      ${fill({ close: `CASE n WHEN 3 THEN 'n/a' ELSE '101.25' END`, rsi: `CASE n WHEN 4 THEN '-' ELSE '50' END` })}
      CREATE TABLE fills (candle int REFERENCES rolling_chart_data);
      ${trigger('BEFORE DELETE', 'RETURN NULL;')}`,
    rows: SHAPE_ROWS - 1,
    refused: /1 rows have no number in "close" \(such as "n\/a"\)/,
  },
  { what: 'prices as JSON', sql: table({ close: 'jsonb' }) + fill({ close: `'"101.25"'::jsonb` }), refused: /jsonb/ },
  {
    what: 'milliseconds, in the key',
    sql:
      table({ timestamp: 'bigint CHECK (timestamp > 0)' }, 'PRIMARY KEY (symbol, timestamp)') +
      fill({ timestamp: `(${SECONDS}) * 1000::bigint` }) +
      'CREATE VIEW latest AS SELECT symbol, max(timestamp) FROM rolling_chart_data GROUP BY 1;',
    refused: /"timestamp" is of type bigint/,
  },
  {
    what: 'milliseconds and microseconds, from one row to the next',
    sql:
      table({ timestamp: 'bigint' }, 'PRIMARY KEY (symbol, timestamp)') +
      fill({ timestamp: `(${SECONDS}) * (CASE WHEN n < 15 THEN 1000 ELSE 1000000 END)::bigint` }),
    refused: /"timestamp" is of type bigint/,
  },
  {
    what: 'the same minutes in seconds and in milliseconds',
    sql:
      table({ timestamp: 'bigint' }, 'PRIMARY KEY (symbol, timestamp)') +
      fill({ timestamp: SECONDS }) +
      fill({ timestamp: `(${SECONDS}) * 1000::bigint` }),
    refused: /twice, in two units/,
  },
  { what: 'seconds', sql: table({ timestamp: 'integer' }) + fill({ timestamp: SECONDS }), refused: /of type integer/ },
  {
    what: 'seconds as fractions',
    sql: table({ timestamp: 'double precision' }) + fill({ timestamp: `(${SECONDS})::float8` }),
    refused: /of type double precision/,
  },
  {
    what: 'epoch numbers as text',
    sql: table({ timestamp: 'text' }) + fill({ timestamp: `((${SECONDS}) * 1000::bigint)::text` }),
    refused: /"timestamp" is of type text/,
  },
  {
    what: 'times as text, with and without an offset',
    sql:
      table({ timestamp: 'text' }) +
      fill({
        timestamp: `CASE n % 3 WHEN 0 THEN to_char(${NAIVE}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
          WHEN 1 THEN to_char(${NAIVE} + interval '2 hours', 'YYYY-MM-DD HH24:MI:SS.MS') || '+02' ELSE (${NAIVE})::text END`,
      }),
    refused: /"timestamp" is of type text/,
  },
  {
    what: 'times as text without an offset',
    sql: table({ timestamp: 'varchar(30)' }) + fill({ timestamp: `(${NAIVE})::text` }),
    refused: /"timestamp" is of type character varying/,
  },
  {
    what: 'flags as numbers and words',
    sql: table({ hasmissingdata: 'smallint NOT NULL DEFAULT 0', iscomplete: `text DEFAULT 'Y'` }) + fill(),
    refused: /"hasmissingdata" is of type smallint/,
  },
  {
    what: 'domains',
    sql: `CREATE DOMAIN price AS numeric(20, 8) CHECK (VALUE > 0); CREATE DOMAIN note AS text NOT NULL DEFAULT NULL;
      ${table({ close: 'price', comment: 'note' })} ${fill({ comment: `'x'` })}`,
    refused: /"close" is of type price[\s\S]*domain "note"/,
  },
  // constraints
  {
    what: 'a check that every minute has trades',
    sql: table({}, 'CHECK (volume > 0)') + fill(),
    refused: /minute without trades/,
  },
  {
    what: 'a check of an indicator',
    sql: table({ rsi: 'real NOT NULL DEFAULT 50 CHECK (rsi IS NOT NULL AND rsi < 100)' }) + fill(),
    refused: /rows that chartctl writes, such as a candle without indicators/,
  },
  {
    what: 'a check of two columns, one of an enumeration',
    sql: `CREATE TYPE src AS ENUM ('BINANCE', 'FALLBACK'); ${table({ source: `src DEFAULT 'BINANCE'` }, `CHECK (source <> 'FALLBACK' OR volume < 9)`)} ${fill()}`,
    refused: /constraint .* depends on a column whose type must change/,
  },
  {
    what: 'a foreign key of the symbol',
    sql: `CREATE TABLE coins (symbol text PRIMARY KEY); INSERT INTO coins VALUES ('BTCUSDT');
      ${table({ symbol: 'text NOT NULL REFERENCES coins' })} ${fill()}`,
    refused: /such as a row of a symbol/,
  },
  {
    what: 'a foreign key of another table to symbol and minute',
    sql: `${table({ timestamp: 'timestamp' }, 'PRIMARY KEY (symbol, timestamp)')} ${fill({ timestamp: NAIVE })}
      CREATE TABLE orders (symbol text, minute timestamp, FOREIGN KEY (symbol, minute) REFERENCES rolling_chart_data);
      INSERT INTO orders VALUES ('BTCUSDT', '2025-06-01 10:03');`,
    refused: /foreign key .* of orders/,
  },
  {
    what: 'an exclusion constraint',
    sql: table({}, 'CONSTRAINT apart EXCLUDE (symbol WITH =, close WITH =) WHERE (volume = 0)') + fill(),
    refused: /constraint "apart" does not keep/,
  },
  {
    what: 'one row an hour',
    sql: `${table()} INSERT INTO rolling_chart_data VALUES ('BTCUSDT', '2025-06-01 10:00Z', 100.5, 102, 99, 101.25, 5.5);
      CREATE UNIQUE INDEX hourly ON rolling_chart_data (symbol, date_trunc('hour', timestamp AT TIME ZONE 'UTC'));`,
    rows: 1,
    refused: /index "hourly" does not keep/,
  },
  // triggers and rules
  {
    what: 'a trigger that rejects minutes without trades',
    sql:
      table() +
      fill() +
      trigger('BEFORE INSERT', `IF NEW.volume = 0 THEN RAISE EXCEPTION 'no trades'; END IF; RETURN NEW;`),
    refused: /trigger "reacts" does not keep .*minute without trades.*no trades/,
  },
  {
    what: 'a trigger that rounds volumes',
    sql: table() + fill() + trigger('BEFORE INSERT OR UPDATE', 'NEW.volume := round(NEW.volume); RETURN NEW;'),
    refused: /is changed: volume becomes/,
  },
  {
    what: 'a trigger that drops candles of other exchanges, beside one that sets a column of its own',
    sql: `${table({ source: 'text', updated: 'timestamptz' })} ${fill()}
      ${trigger('BEFORE INSERT', `IF NEW.source = 'FALLBACK' THEN RETURN NULL; END IF; RETURN NEW;`)}
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated := now(); RETURN NEW; END $$;
      CREATE TRIGGER a_touch BEFORE INSERT OR UPDATE ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION touch();`,
    refused: /the trigger "reacts" does not keep .*source FALLBACK.*is dropped/,
  },
  {
    what: 'a trigger that protects old rows',
    sql:
      table() +
      fill() +
      trigger(
        'BEFORE UPDATE',
        `IF OLD.timestamp < now() - interval '1 day' THEN RAISE EXCEPTION 'too old'; END IF; RETURN NEW;`,
      ),
    refused: /stored row of BTCUSDT .*too old/,
  },
  {
    what: 'a deferred trigger that rejects flags',
    sql: `${table({ hasmissingdata: 'boolean' })} ${fill()}
      CREATE FUNCTION react() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.hasmissingdata THEN RAISE 'flagged'; END IF; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER reacts AFTER INSERT OR UPDATE ON rolling_chart_data DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION react();`,
    refused: /trigger "reacts" does not keep/,
  },
  {
    what: 'a rule that drops inserts',
    sql: `${table()} ${fill()} CREATE RULE quiet AS ON INSERT TO rolling_chart_data WHERE NEW.volume = 0 DO INSTEAD NOTHING;`,
    refused: /rule "quiet"/,
  },
  {
    what: 'a rule that keeps deleted rows',
    sql: `${table()} ${fill()} CREATE RULE soft AS ON DELETE TO rolling_chart_data DO INSTEAD NOTHING;`,
    refused: /rule "soft"/,
  },
  // dependents
  {
    what: 'a partial index over a column whose type stays',
    sql: `${table({ timestamp: 'timestamp', done: 'boolean DEFAULT true' })} ${fill({ timestamp: NAIVE })}
      CREATE INDEX i ON rolling_chart_data (symbol, timestamp) WHERE done;`,
  },
  {
    what: 'a partial index over a column whose type changes',
    sql: `${table({ close: 'numeric' })} ${fill()} CREATE INDEX i ON rolling_chart_data (symbol) WHERE close > 5;`,
    refused: /index i depends/,
  },
  {
    what: 'views over views',
    sql: `${table(NUMERIC)} ${fill()} CREATE VIEW daily AS SELECT symbol, avg(close) AS mean FROM rolling_chart_data GROUP BY 1;
      CREATE MATERIALIZED VIEW means AS SELECT mean FROM daily;`,
    refused: /materialized view means depends/,
  },
  {
    what: 'generated columns, one of them expected',
    sql: `${table({ close: 'numeric', middle: 'numeric GENERATED ALWAYS AS (close * 2) STORED', bb_middle: 'numeric GENERATED ALWAYS AS (close) STORED' })} ${fill()}`,
    refused: /generated column middle/,
  },
  {
    what: 'a padded symbol with an index for LIKE',
    sql: `${table({ symbol: 'char(12)' })} ${fill()} CREATE INDEX likely ON rolling_chart_data (symbol bpchar_pattern_ops);`,
    refused: /index likely depends/,
  },
  {
    what: 'a policy and a publication over a price',
    sql: `${table({ close: 'numeric' })} ${fill()} CREATE POLICY positive ON rolling_chart_data USING (close > 0);
      CREATE PUBLICATION changes FOR TABLE rolling_chart_data WHERE (close > 0) WITH (publish = 'insert');`,
    refused: /policy positive[\s\S]*publication changes/,
  },
  {
    what: 'row-level security that binds the owner',
    sql: `${table()} ${fill()} ALTER TABLE rolling_chart_data ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY known ON rolling_chart_data USING (true) WITH CHECK (symbol = 'BTCUSDT');`,
    refused: /row-level security/,
  },
  // relations
  {
    what: 'partitions by month',
    sql: `${table({ timestamp: 'timestamptz NOT NULL' }).replace(';', ' PARTITION BY RANGE (timestamp);')}
      CREATE TABLE june PARTITION OF rolling_chart_data FOR VALUES FROM ('2025-06-01Z') TO ('2025-07-01Z'); ${fill()}`,
    refused: /partitioned table/,
  },
  {
    what: 'a child table',
    sql: `${table()} CREATE TABLE chunk () INHERITS (rolling_chart_data); ${fill()}`,
    refused: /child tables/,
  },
  {
    what: 'a view over another table',
    sql: `${table()} ${fill()} ALTER TABLE rolling_chart_data RENAME TO candles; CREATE VIEW rolling_chart_data AS SELECT * FROM candles;`,
    refused: /is a view/,
  },
  {
    what: 'a table of a composite type',
    sql: `CREATE TYPE candle AS (symbol text, timestamp timestamptz, open float8, high float8, low float8, close float8, volume float8);
      CREATE TABLE rolling_chart_data OF candle; ${fill()}`,
    refused: /composite type/,
  },
  // names, keys and symbols
  {
    what: 'quoted names and times of its own (Sequelize)',
    sql:
      table({
        id: 'serial PRIMARY KEY',
        '"isComplete"': 'boolean DEFAULT true',
        '"hasMissingData"': 'boolean NOT NULL DEFAULT false',
        '"bbUpper"': 'numeric',
        '"createdAt"': 'timestamptz NOT NULL',
        '"updatedAt"': 'timestamptz NOT NULL',
      }) + fill({ '"createdAt"': 'now()', '"updatedAt"': 'now()' }),
    refused: /"isComplete", expected iscomplete/,
  },
  {
    what: 'snake-case names, and flags as numbers',
    sql:
      table({ is_complete: 'boolean', has_missing_data: 'smallint NOT NULL DEFAULT 0', bollinger_upper: 'numeric' }) +
      fill() +
      'CREATE VIEW flagged AS SELECT symbol FROM rolling_chart_data WHERE has_missing_data <> 0;',
    refused: /"has_missing_data" is of type smallint[\s\S]*"has_missing_data", expected hasmissingdata/,
  },
  {
    what: 'quoted names, milliseconds, prices as text and a key in one (Prisma)',
    sql: `CREATE TABLE rolling_chart_data ("id" text PRIMARY KEY, "symbol" text NOT NULL, "openTime" bigint NOT NULL, "open" text NOT NULL,
        "high" text NOT NULL, "low" text NOT NULL, "close" text NOT NULL, "volume" text NOT NULL, UNIQUE ("symbol", "openTime"));
      INSERT INTO rolling_chart_data SELECT md5(n::text), 'BTCUSDT', (${SECONDS}) * 1000::bigint, '100.5', '102', '99', '101.25', '5.5' FROM generate_series(0, 29) n;`,
    refused: /"openTime" is of type bigint/,
  },
  {
    what: 'two columns of one meaning',
    sql: table({ iscomplete: 'boolean', '"isComplete"': 'boolean' }) + fill({ '"isComplete"': 'true' }),
    refused: /2 columns for iscomplete/,
  },
  {
    what: 'several intervals, told apart by the key',
    sql: `${table({ interval: 'text' }, 'PRIMARY KEY (symbol, interval, timestamp)')} ${fill({ interval: `'1m'` })}
      ${fill({ interval: `'1h'`, volume: '99' })} ${trigger('BEFORE DELETE', `RAISE EXCEPTION 'kept';`)}`,
    refused: /"interval" tells rows apart/,
  },
  {
    what: 'several exchanges, told apart by the key, with sources in lower case',
    sql: `${table({ exchange: 'text NOT NULL', source: `text DEFAULT 'binance'` }, 'UNIQUE (exchange, symbol, timestamp)')}
      ${fill({ exchange: `'binance'` })} ${fill({ exchange: `'kraken'`, volume: '99' })}`,
    refused: /"exchange" tells rows apart/,
  },
  {
    what: 'symbols with separators in a table that a trigger protects',
    sql: `${table({ symbol: 'varchar(10)' })} ${fill({ symbol: `'BTC/USDT'` })} ${trigger('BEFORE UPDATE', 'RETURN NULL;')}`,
    refused: /symbol BTCUSDT is spelt otherwise/,
  },
  {
    what: 'several intervals in milliseconds, told apart by the key',
    sql: `${table({ interval: 'text', timestamp: undefined, '"openTime"': 'bigint' }, 'PRIMARY KEY (symbol, interval, "openTime")')}
      ${['1m', '1h'].map((interval) => fill({ timestamp: undefined, interval: `'${interval}'`, '"openTime"': `(${SECONDS}) * 1000::bigint` })).join(' ')}
      CREATE TABLE fills (symbol text, interval text, time bigint, FOREIGN KEY (symbol, interval, time) REFERENCES rolling_chart_data);`,
    refused: /^((?!two units)[^])*"interval" tells rows apart((?!two units)[^])*$/,
  },
  {
    what: 'a day and a time of day',
    sql:
      table({ timestamp: undefined, date: 'date', time: 'time' }, 'PRIMARY KEY (symbol, date, time)') +
      fill({ timestamp: undefined, date: `'2025-06-01'`, time: `'10:00'::time + n * interval '1 minute'` }),
    refused: /minute of a candle is in two columns, "date" and "time"/,
  },
  {
    what: 'columns that may mean the symbol or the time, some of them clearer',
    sql: `${table({ symbol: undefined, timestamp: undefined, market: 'text', pair: 'text', date: 'date', open_time: 'timestamptz' })}
      ${fill({ symbol: undefined, timestamp: undefined, market: `'spot'`, pair: `'BTC/USDT'`, date: `'2025-06-01'`, open_time: TIME })}`,
    refused: /"pair", expected symbol; "open_time", expected timestamp/,
  },
  {
    what: 'a time of insertion that is named timestamp',
    sql:
      table({ timestamp: 'timestamptz DEFAULT now()', open_time: 'timestamptz' }) +
      fill({ timestamp: undefined, open_time: TIME }),
    refused: /"timestamp" has the default now\(\), the time of the insertion, and "open_time"/,
  },
  {
    what: 'several lengths as numbers of minutes without a key',
    sql:
      table({ interval_minutes: 'integer' }) +
      fill({ interval_minutes: '1' }) +
      fill({ interval_minutes: '60', volume: '99' }),
    refused: /"interval_minutes" tells rows apart/,
  },
  {
    what: 'partitions with a key of four columns, an identity among them',
    sql: `${table({ id: 'bigint', shape: 'integer' }, 'PRIMARY KEY (symbol, shape, timestamp)').replace(/;$/, ' PARTITION BY RANGE (timestamp);')}
      CREATE TABLE june PARTITION OF rolling_chart_data FOR VALUES FROM ('2025-06-01Z') TO ('2025-07-01Z');
      ${fill({ shape: '0' })} INSERT INTO rolling_chart_data SELECT symbol, timestamp, open, high, low, close, 99, NULL, 1 FROM rolling_chart_data LIMIT 5;`,
    refused: /partitioned table[\s\S]*"shape" tells rows apart/,
  },
  {
    what: 'a key that begins with a text of the program',
    sql: table({ id: 'text' }, 'PRIMARY KEY (id, symbol, timestamp)') + fill({ id: 'md5(n::text)' }),
    refused: /^((?!tells rows apart)[^])*"id" is NOT NULL((?!tells rows apart)[^])*$/,
  },
  {
    what: 'a key with the source, and sources of several exchanges',
    sql:
      table({ source: 'text' }, 'PRIMARY KEY (symbol, timestamp, source)') +
      ['binance', 'kraken', 'okx'].map((source) => fill({ source: `'${source}'` })).join(' '),
    refused: /source "okx"/,
  },
  {
    what: 'flags in two columns of two types',
    sql:
      table({ hasmissingdata: 'boolean', has_missing_data: 'smallint' }) +
      fill({ hasmissingdata: 'false', has_missing_data: '0' }),
    refused: /2 columns for hasmissingdata/,
  },
  {
    what: 'inherited columns',
    sql: `CREATE TABLE base (symbol text, open_time timestamp);
      ${table({ symbol: undefined, timestamp: undefined }).replace(';', ' INHERITS (base);')}
      ${fill({ timestamp: undefined, open_time: NAIVE })}`,
    refused: /child table of base/,
  },
  {
    what: 'the place of a partition',
    sql: `${table({ timestamp: 'timestamptz NOT NULL' }).replace('rolling_chart_data', 'candles').replace(';', ' PARTITION BY RANGE (timestamp);')}
      CREATE TABLE rolling_chart_data PARTITION OF candles DEFAULT; ${fill()}`,
    refused: /a partition of candles/,
  },
  {
    what: 'times as text of days and hours that do not exist',
    sql: `${table({ timestamp: 'text' })} ${fill({ timestamp: `(${NAIVE})::text || 'Z'` })}
      INSERT INTO rolling_chart_data (symbol, timestamp)
      SELECT 'BTCUSDT', unnest(array['2025-02-30 10:00', '2025-06-31T10:00Z', '2025-06-01T24:30Z', '2025-06-01 10:00:65Z']);`,
    refused: /4 rows have no time in "timestamp"/,
  },
  {
    what: 'a publication of all changes, and nothing that identifies rows',
    sql: `${table()} ${fill()} CREATE PUBLICATION everything FOR TABLE rolling_chart_data;`,
    refused: /published by everything, and nothing identifies its rows/,
  },
  {
    what: 'row-level security that hides rows',
    sql: `${table({ tenant: 'integer' })} ${fill({ tenant: 'n % 2' })}
      ALTER TABLE rolling_chart_data ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY even ON rolling_chart_data USING (tenant IS NULL OR tenant = 0);`,
    refused: /row-level security of rolling_chart_data binds .* and may hide rows/,
  },
];
