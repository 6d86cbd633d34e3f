import * as assert from 'uvu/assert';
import { group } from '../../harness/group.js';
import { checkStatement } from './check-statement.js';
import { RULES } from './rules/rules.js';
import { toFunctions } from './volatility.js';

/** Some of PostgreSQL's functions: 0 immutable, 1 stable, 2 volatile. */
const FUNCTIONS = toFunctions(
  Object.entries({
    ...{ abs: 0, count: 0, generate_series: 0, jsonb_agg: 1, max: 0, row_number: 0, unnest: 0 },
    ...{ date_part: 1, date_trunc: 1, now: 1, to_jsonb: 1, clock_timestamp: 2 },
  }).map(([name, rank]) => ({ name, rank })),
);

const CHANGED = 'WHERE symbol = $1 AND timestamp >= $2 AND timestamp < $3';

/** Statements that break a rule, by the rule; the parameters are `BTCUSDT` and two times. */
const BREACHES: Readonly<Record<string, readonly string[]>> = {
  'keys-with-symbol': [
    'CREATE TABLE chartctl_gaps (symbol text, from_time timestamptz, id bigint PRIMARY KEY)',
    'CREATE TABLE chartctl_gaps (id bigint GENERATED ALWAYS AS IDENTITY, symbol text)',
    'CREATE UNIQUE INDEX ON rolling_chart_data (symbol)',
    'ALTER TABLE chartctl_flags ADD FOREIGN KEY (job_id) REFERENCES chartctl_jobs (id)',
    'CREATE TRIGGER t AFTER INSERT ON rolling_chart_data EXECUTE FUNCTION f()',
    'CREATE TABLE rolling_chart_data (symbol text, timestamp timestamptz) PARTITION BY RANGE (timestamp)',
  ],
  'no-ctid': [
    'DELETE FROM rolling_chart_data a USING rolling_chart_data b WHERE a.ctid < b.ctid',
    'SELECT r.xmin FROM rolling_chart_data r WHERE symbol = $1',
  ],
  'change-one-symbol': [
    'UPDATE rolling_chart_data SET rsi = 1 WHERE timestamp >= $2 AND timestamp < $3',
    'DELETE FROM chartctl_flags WHERE symbol = ANY($1)',
    "DELETE FROM chartctl_flags WHERE symbol = $1 OR symbol = 'ETHUSDT'",
    'WITH gone AS (DELETE FROM chartctl_gaps WHERE from_time < $2 RETURNING 1) SELECT count(*) FROM gone',
    "UPDATE chartctl_gaps g SET cause = 'x' FROM chartctl_flags f WHERE f.symbol = $1 AND g.symbol = f.symbol",
  ],
  'change-between-times': [
    'DELETE FROM rolling_chart_data WHERE symbol = $1 AND timestamp = ANY($2)',
    'UPDATE rolling_chart_data SET rsi = 1 WHERE symbol = $1 AND timestamp >= $2',
    'UPDATE rolling_chart_data r SET rsi = 1 FROM chartctl_stage v WHERE r.symbol = $1 AND r.timestamp = v.timestamp',
  ],
  'change-by-constants': [
    `UPDATE chartctl_flags SET settled_at = clock_timestamp() WHERE symbol = $1`,
    `UPDATE chartctl_flags SET settled_at = now() WHERE symbol = $1`,
    `UPDATE chartctl_flags SET settled_at = CURRENT_TIMESTAMP WHERE symbol = $1`,
    `UPDATE chartctl_gaps SET to_time = to_time + interval '1 minute' WHERE symbol = $1`,
    `DELETE FROM rolling_chart_data ${CHANGED} AND date_part('second', timestamp) = 0`,
    `DELETE FROM chartctl_changes WHERE symbol = $1 AND changed_at < clock_timestamp()`,
  ],
  'keep-keys': [
    `UPDATE rolling_chart_data SET timestamp = $2 ${CHANGED}`,
    `UPDATE chartctl_flags SET symbol = 'ETHUSDT' WHERE symbol = $1`,
  ],
  'plain-conflict': [
    `INSERT INTO rolling_chart_data (symbol) VALUES ($1) ON CONFLICT ON CONSTRAINT k DO NOTHING`,
    `INSERT INTO chartctl_gaps (symbol) VALUES ($1) ON CONFLICT (from_time) DO NOTHING`,
    `INSERT INTO rolling_chart_data (symbol) VALUES ($1) ON CONFLICT (symbol, timestamp) DO UPDATE SET written_at = now()`,
    `INSERT INTO chartctl_flags (symbol) VALUES ($1) ON CONFLICT (symbol, timestamp, rule)
       DO UPDATE SET state = EXCLUDED.state WHERE EXISTS (SELECT FROM chartctl_gaps)`,
    `INSERT INTO rolling_chart_data (symbol) VALUES ($1) ON CONFLICT (symbol, timestamp)
       DO UPDATE SET timestamp = EXCLUDED.timestamp`,
  ],
  'copy-in-sorted-rows': ['COPY chartctl_changes (symbol) FROM STDIN'],
  'copy-a-query-out': ['COPY rolling_chart_data TO STDOUT', 'COPY chartctl_flags (symbol) TO STDOUT'],
  'no-function-of-an-extension': [
    "SELECT time_bucket('1 hour', timestamp) FROM rolling_chart_data WHERE symbol = $1",
    "SELECT create_distributed_table('rolling_chart_data', 'symbol')",
  ],
  'no-lateral-across-shards': [
    `SELECT s.symbol, r.timestamp FROM unnest($1::text[]) s(symbol),
       LATERAL (SELECT timestamp FROM rolling_chart_data t WHERE t.symbol = s.symbol LIMIT 1) r`,
    'SELECT t FROM chartctl_inserts, generate_series(from_time, to_time) t',
    `COPY (SELECT r.* FROM unnest('{a,b}'::text[]) s(symbol) CROSS JOIN
       LATERAL (SELECT * FROM rolling_chart_data t WHERE t.symbol = s.symbol) r) TO STDOUT`,
  ],
  'no-subquery-in-target-list': [
    `SELECT r.timestamp, (SELECT count(*) FROM chartctl_flags f WHERE f.symbol = r.symbol AND f.timestamp = r.timestamp)
       FROM rolling_chart_data r WHERE r.symbol = $1`,
    `INSERT INTO chartctl_changes (symbol, flags_before) SELECT r.symbol, (SELECT jsonb_agg(f) FROM chartctl_flags f
       WHERE f.symbol = $1 AND f.timestamp = r.timestamp) FROM rolling_chart_data r WHERE r.symbol = $1`,
    'SELECT EXISTS (SELECT FROM chartctl_gaps g WHERE g.symbol = s.symbol) FROM chartctl_symbols s',
  ],
  'no-local-table-beside': [
    'SELECT c.reason, j.command FROM chartctl_changes c LEFT JOIN chartctl_jobs j ON j.id = c.job_id WHERE c.symbol = $1',
    'SELECT timestamp FROM chartctl_changes WHERE symbol = $1 AND job_id NOT IN (SELECT id FROM chartctl_jobs)',
    `DELETE FROM rolling_chart_data ${CHANGED} AND timestamp IN (SELECT timestamp FROM chartctl_undo)`,
    `WITH gone AS (DELETE FROM chartctl_jobs j WHERE NOT EXISTS (SELECT FROM chartctl_changes WHERE job_id = j.id)
       RETURNING 1) SELECT count(*) FROM gone`,
  ],
  'join-by-symbol': [
    'SELECT 1 FROM chartctl_gaps a JOIN chartctl_gaps b ON a.symbol <> b.symbol AND a.from_time < b.to_time',
    'SELECT 1 FROM rolling_chart_data r JOIN chartctl_flags f USING (timestamp)',
    `SELECT 1 FROM rolling_chart_data r WHERE r.symbol = $1 AND EXISTS (SELECT FROM chartctl_flags f
       WHERE f.symbol = 'ETHUSDT' AND f.timestamp = r.timestamp)`,
    'SELECT 1 FROM rolling_chart_data r, (SELECT timestamp FROM chartctl_flags) f WHERE f.timestamp = r.timestamp',
  ],
  'known-table': ['SELECT 1 FROM chartctl_notes', 'INSERT INTO chartctl_notes DEFAULT VALUES'],
};

/** Statements that break none. */
const ALLOWED: readonly string[] = [
  `UPDATE rolling_chart_data SET rsi = 1, written_at = $2 ${CHANGED}`,
  `DELETE FROM rolling_chart_data r WHERE $1 = $1 AND r.symbol = $1 AND r.timestamp >= $2::timestamptz AND r.timestamp <= $3
     AND r.timestamp = ANY('{2025-06-01}'::timestamptz[])`,
  'UPDATE chartctl_flags f SET candle = ARRAY[r.open] FROM rolling_chart_data r WHERE f.symbol = $1 AND r.symbol = $1',
  'UPDATE chartctl_jobs SET finished_at = clock_timestamp() WHERE id = 1',
  `INSERT INTO rolling_chart_data (symbol, timestamp, rsi) SELECT symbol, timestamp, rsi FROM chartctl_stage
     ON CONFLICT (symbol, timestamp) DO UPDATE SET rsi = EXCLUDED.rsi WHERE rolling_chart_data.rsi <> EXCLUDED.rsi RETURNING 1`,
  'INSERT INTO chartctl_inserts SELECT v.symbol, clock_timestamp() FROM unnest($1::text[]) AS v(symbol)',
  'SELECT t.symbol FROM unnest($1::text[]) s(symbol) JOIN rolling_chart_data t ON t.symbol = s.symbol',
  'SELECT t FROM chartctl_inserts, LATERAL generate_series(from_time, to_time) t WHERE symbol = $1',
  'SELECT max(timestamp) FROM rolling_chart_data WHERE symbol = ANY($1) AND timestamp >= $2 GROUP BY symbol',
  'SELECT 1 FROM rolling_chart_data r JOIN chartctl_flags f ON f.symbol = r.symbol AND f.timestamp = r.timestamp',
  'SELECT 1 FROM rolling_chart_data r LEFT JOIN chartctl_flags f USING (symbol, timestamp)',
  'SELECT 1 FROM (SELECT symbol FROM chartctl_flags GROUP BY symbol) f JOIN chartctl_gaps g ON g.symbol = f.symbol',
  `SELECT 1 FROM rolling_chart_data r WHERE r.symbol = $1 AND NOT EXISTS (SELECT FROM chartctl_flags f
     WHERE f.symbol = $1 AND f.timestamp = r.timestamp)`,
  "SELECT 1 FROM chartctl_gaps WHERE symbol = $1 UNION ALL SELECT 2 FROM chartctl_gaps WHERE symbol = 'ETHUSDT'",
  'SELECT (SELECT max(timestamp) FROM rolling_chart_data WHERE symbol = $1) AS newest',
  'COPY (SELECT symbol FROM rolling_chart_data) TO STDOUT (FORMAT binary)',
  'COPY rolling_chart_data (symbol) FROM STDIN (FORMAT binary)',
  'CREATE TABLE chartctl_gaps (symbol text, from_time timestamptz, UNIQUE (symbol, from_time))',
  'CREATE UNIQUE INDEX ON rolling_chart_data (symbol, timestamp)',
  'BEGIN; SET LOCAL array_nulls = on',
];

const PARAMETERS = ['BTCUSDT', '2025-06-01T12:00:00Z', '2025-06-01T13:00:00Z'];

group('the rules of statements', (test) => {
  test('each has statements that break it', () => {
    assert.equal(RULES.map(({ name }) => name).sort(), Object.keys(BREACHES).sort());
  });

  for (const [rule, statements] of Object.entries(BREACHES))
    test(`${rule}: a breach is found`, () => {
      for (const statement of statements) {
        const found = checkStatement(statement, PARAMETERS, FUNCTIONS).map((breach) => breach.rule);
        assert.ok(found.includes(rule), `${statement}: found ${found.join(', ') || 'nothing'}`);
      }
    });

  test('what runs on a distributed PostgreSQL breaks none', () => {
    for (const statement of ALLOWED) assert.equal(checkStatement(statement, PARAMETERS, FUNCTIONS), [], statement);
  });

  test('what PostgreSQL does not understand is an error', () => {
    assert.throws(() => checkStatement('SELEC 1', [], FUNCTIONS), /syntax error/);
  });
});
