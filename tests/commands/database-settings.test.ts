import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import * as assert from 'uvu/assert';
import { DAY_MS, formatMinute, HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { withStore } from '../../src/database/open-store.js';
import { readServerFacts } from '../../src/database/server-facts.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { FORMATS, type FormatName } from '../../src/files/formats/formats.js';
import { measureCoverage } from '../../src/jobs/coverage-parts.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../src/jobs/export/export-training-set.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import type { JobContext, JobResult } from '../../src/jobs/job.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { status } from '../../src/jobs/status/status.js';
import { undo } from '../../src/jobs/undo.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { readDatabaseState } from '../harness/database-state.js';
import { createDatabase, hasServer, serverUrl, type TestDatabase } from '../harness/databases.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { memorySource } from '../loopback/memory-source.js';
import { runInProcess } from './run-in-process.js';

/**
 * Settings of a database that must not change a result: those that PostgreSQL's documentation lists under "Client
 * Connection Defaults" and "Version and Platform Compatibility", and the planner's. Each entry is tried as a whole.
 *
 * Left out are `search_path`, which chooses the table, and time limits and `default_transaction_read_only`, which end a
 * job.
 */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'few digits of numbers': { extra_float_digits: '-15' },
  'as many digits as before PostgreSQL 12': { extra_float_digits: '0' },
  'no NULL in arrays': { array_nulls: 'off' },
  'other formats, plans and rules': {
    extra_float_digits: '3',
    datestyle: 'German, DMY',
    intervalstyle: 'iso_8601',
    timezone: 'Asia/Kolkata',
    timezone_abbreviations: 'Australia',
    bytea_output: 'escape',
    xmlbinary: 'hex',
    xmloption: 'document',
    client_encoding: 'LATIN1',
    default_text_search_config: 'pg_catalog.german',
    lc_messages: 'C',
    lc_monetary: 'C',
    lc_numeric: 'C',
    lc_time: 'C',
    quote_all_identifiers: 'on',
    transform_null_equals: 'on',
    standard_conforming_strings: 'off',
    backslash_quote: 'off',
    escape_string_warning: 'on',
    default_transaction_isolation: 'serializable',
    default_transaction_deferrable: 'on',
    synchronous_commit: 'off',
    session_replication_role: 'replica',
    row_security: 'off',
    client_min_messages: 'debug5',
    check_function_bodies: 'off',
    default_toast_compression: 'pglz',
    default_table_access_method: 'heap',
    temp_tablespaces: '',
    default_tablespace: '',
    lo_compat_privileges: 'on',
    vacuum_freeze_min_age: '0',
    vacuum_freeze_table_age: '0',
    gin_fuzzy_search_limit: '1',
    gin_pending_list_limit: '64',
    work_mem: '64',
    temp_buffers: '100',
    maintenance_work_mem: '1024',
    hash_mem_multiplier: '1',
    jit: 'off',
    force_parallel_mode: 'on',
    parallel_setup_cost: '0',
    parallel_tuple_cost: '0',
    min_parallel_table_scan_size: '0',
    min_parallel_index_scan_size: '0',
    enable_hashjoin: 'off',
    enable_hashagg: 'off',
    enable_incremental_sort: 'off',
    join_collapse_limit: '1',
    from_collapse_limit: '1',
    plan_cache_mode: 'force_generic_plan',
    default_statistics_target: '1',
    constraint_exclusion: 'on',
    synchronize_seqscans: 'on',
    cursor_tuple_fraction: '1',
  },
};

const NOW = Date.parse('2025-06-01T12:00:00Z');
const SYMBOL = 'BTCUSDT';
const ago = (minutes: number) => NOW - minutes * MINUTE_MS;
const at = (minutes: number) => `timestamp = '${new Date(ago(minutes)).toISOString()}'`;

/** What the platform may have done to stored rows; the numbers need 16 or 17 digits. */
const PLATFORM_CHANGES = [
  `SET volume = 123456789.1 + 0.2 WHERE ${at(300)}`,
  `SET low = NULL, written_at = NULL WHERE ${at(200)}`,
  `SET volume = 'NaN' WHERE ${at(190)}`,
  `SET hasmissingdata = true WHERE ${at(180)}`,
  `SET timestamp = timestamp + interval '250 ms' WHERE ${at(170)}`,
  `SET high = high * 1.0000000000000002, source = 'FALLBACK' WHERE ${at(160)}`,
  `SET rsi = 100.0 / 3, written_at = NULL, iscomplete = false WHERE ${at(150)}`,
];

interface SettingsWorld {
  database: TestDatabase;
  exchange: Loopback;
  /** What the jobs do on a database without settings. */
  expected: Outcome;
}

/** Everything that the jobs stored, wrote and reported, without times of writing. */
type Outcome = Record<string, unknown>;

/** Numbers of jobs and times of the database's clock, which differ from run to run. */
const VARYING = new Set(['job_id', 'jobId', 'at', 'written_at', 'writtenAt', 'before_written_at', 'trainedAt']);

function withoutVarying(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (VARYING.has(key) ? undefined : item)));
}

function contextOf(exchange: Loopback, store: JobContext['store']): JobContext {
  return { store, market: openMarket(exchange.config) };
}

function summaryOf<S>({ outcomes, exitCode }: JobResult<S>): { exitCode: number; summary: S } {
  const [outcome] = outcomes;
  if (outcome?.failure) throw outcome.failure;
  return { exitCode, summary: outcome!.summary! };
}

async function exportAll(context: JobContext): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const format of Object.keys(FORMATS) as FormatName[]) {
    const out = new CapturedStream();
    summaryOf(await exportTrainingSet(context, { symbols: [SYMBOL], out, format, window: 700 }));
    files[format] = createHash('sha256').update(out.bytes).digest('hex');
  }
  return files;
}

/** Runs the jobs on a copy of the database with settings, and reads the outcome without them. */
async function runWith(
  { database, exchange }: Omit<SettingsWorld, 'expected'>,
  settings: Readonly<Record<string, string>>,
) {
  const { superuser } = database;
  if (superuser.kind !== 'postgres') throw new Error('expected a server');
  const server = new URL(superuser.url);
  const template = server.pathname.slice(1);
  const name = `chartctl_test_${randomBytes(6).toString('hex')}`;
  await runStatement((await serverUrl())!, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const changes = Object.entries(settings).map(
    ([setting, value]) => `ALTER DATABASE ${name} SET ${setting} = '${value}'`,
  );
  for (const change of changes) await runStatement((await serverUrl())!, change);
  server.pathname = `/${name}`;
  const config = { kind: 'postgres', url: server.href } as const;
  try {
    const outcome: Outcome = await withStore(config, (store) => runJobs(contextOf(exchange, store)));
    outcome.history = await readHistory(config.url);
    outcome.isClockRight = await withStore(config, async ({ knex }) => {
      return Math.abs((await readServerFacts(knex)).nowMs - Date.now()) < DAY_MS;
    });
    await runStatement((await serverUrl())!, `ALTER DATABASE ${name} RESET ALL`);
    outcome.state = await withStore(config, ({ knex }) => readDatabaseState(knex));
    return withoutVarying(outcome) as Outcome;
  } finally {
    await runStatement((await serverUrl())!, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

async function runJobs(context: JobContext): Promise<Outcome> {
  const symbols = [SYMBOL];
  const outcome: Outcome = {
    ingested: summaryOf(await ingest(context, { symbols })),
    coverage: await measureCoverage(context.store.knex, SYMBOL, { from: ago(600), to: NOW }, HOUR_MS),
    filled: summaryOf(await backfill(context, { symbols, range: { from: ago(1200), to: ago(990) } })),
  };
  const cleaned = await clean(context, { symbols });
  outcome.cleaned = summaryOf(cleaned);
  outcome.undone = summaryOf(await undo(context, { job: cleaned.jobId! }));
  outcome.filesWhenUndone = await exportAll(context);
  outcome.cleanedAgain = summaryOf(await clean(context, { symbols, repair: true }));
  outcome.rebuilt = summaryOf(await rebuild(context, { symbols }));
  outcome.verified = summaryOf(await verify(context, { symbols, minutes: 400, flag: true }));
  outcome.status = summaryOf(await status(context, { symbols, sources: true }));
  return outcome;
}

async function readHistory(url: string): Promise<unknown> {
  const argv = ['history', SYMBOL, '--from', formatMinute(ago(400)), '--to', formatMinute(ago(100)), '--json'];
  const { stdout } = await runInProcess(argv, { cwd: tmpdir(), env: { DATABASE_URL: url } });
  return JSON.parse(stdout);
}

async function openSettingsWorld(): Promise<SettingsWorld> {
  const database = await createDatabase((await serverUrl())!);
  const { superuser } = database;
  const binance = memorySource();
  binance.put(SYMBOL, generateCandles(SYMBOL, { from: ago(3000), to: NOW }));
  binance.put(SYMBOL, [
    { openTime: ago(300), open: 0.1 + 0.2, high: 1e5, low: 0.1 + 0.2, close: 64_000.123456789, volume: 7 / 3 },
  ]);
  const exchange = await startLoopback({ binance, fallbacks: { bybit: binance }, nowMs: ago(10) + 5_000 });
  await withStore(superuser, async (store) => {
    await migrateStore(store);
    await ingest(contextOf(exchange, store), { symbols: [SYMBOL] });
    for (const change of PLATFORM_CHANGES) await store.knex.raw(`UPDATE rolling_chart_data ${change}`);
  });
  exchange.clock.set(NOW + 5_000);
  return { database, exchange, expected: await runWith({ database, exchange }, {}) };
}

if (!hasServer()) {
  group('settings of the database', (test) => test.skip('all', 'no PostgreSQL here'));
} else {
  group<SettingsWorld>(
    'settings of the database',
    (test) => {
      test('the jobs have something to do', ({ expected }) => {
        const { cleaned, verified } = expected as {
          cleaned: { summary: { flagged: object } };
          verified: { summary: { flagged: number } };
        };
        assert.equal(cleaned.summary.flagged, { unsound: 2, volume_spike: 1 });
        assert.is(verified.summary.flagged, 1);
      });

      for (const [subject, settings] of Object.entries(SETTINGS)) {
        test(`${subject}: ${Object.keys(settings).join(', ')}`, async (world) => {
          const found = await runWith(world, settings);
          for (const [part, value] of Object.entries(world.expected)) assert.equal(found[part], value, part);
        });
      }
    },
    {
      setup: openSettingsWorld,
      teardown: async ({ database, exchange }) => {
        await exchange.close();
        await database.drop();
      },
    },
  );
}
