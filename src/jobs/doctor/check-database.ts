import { EXIT_CODES, Failure } from '../../core/failure.js';
import { withConnectTimeout } from '../../database/connection/url-parameters.js';
import type { DatabaseConfig } from '../../database/database-config.js';
import { withStore } from '../../database/open-store.js';
import { readServerFacts } from '../../database/server-facts.js';
import type { Store, Transaction } from '../../database/store.js';
import { QUERY_CANCELED, withStatementTimeout } from '../../database/transaction.js';
import { quoteName } from '../../tables/adoption/legacy-table.js';
import { describeUnreachedTables } from '../../tables/adoption/other-tables.js';
import { type MigrationState, readMigrationState } from '../../tables/migration/state.js';
import { readRoleRights, type RoleRights } from '../../tables/role-rights.js';
import { readDividedSizes } from '../../tables/engine/sizes.js';
import { readSizes } from '../../tables/rolling-chart-data/coverage.js';
import { findThrottle } from '../../tables/throttle.js';
import { formatBytes } from '../../terminal/text.js';
import { checkEngine, checkNodes } from './check-engine.js';
import { type CheckResult, fail, ok, toCheckResult, warn, withinTime } from './check-result.js';
import { checkSchedule } from './check-schedule.js';
import { checkWindows } from './check-windows.js';

const CHECK = 'database';
const SCHEMA_CHECK = 'schema';
const PERMISSIONS_CHECK = 'permissions';
const CONNECT_LIMIT_S = 3;
/** The limit for all checks after connecting, and the limit for each statement: a table may be locked. */
const LIMIT_MS = 3_000;
const STATEMENT_LIMIT_MS = 1_500;
/** The tolerated difference between the database's clock, which timestamps jobs, and the local one. */
const MAX_SKEW_MS = 2_000;

/** The results, and what the checks of the exchanges need from the database. */
export interface DatabaseReport {
  results: CheckResult[];
  /** The symbols that were checked. */
  symbols: readonly string[];
  /** Whether there is a ban or the rate limit is spent. */
  isThrottled: boolean;
  /** Whether it is a server that lacks migrations. */
  isBehind: boolean;
}

/** What is checked of an open database. */
type CheckOpenDatabase = (store: Store, openAfterMs: number, report: DatabaseReport) => Promise<void>;

/**
 * Checks the database and its contents. Nothing is changed; an old schema is not migrated.
 *
 * @param readNow the exchange's clock; it is not called during a ban or while the rate limit is spent
 */
export function checkDatabase(
  database: DatabaseConfig,
  symbols: readonly string[] | 'all',
  readNow: () => Promise<number>,
): Promise<DatabaseReport> {
  return openAndCheck(database, symbols === 'all' ? [] : symbols, (store, openAfterMs, report) =>
    checkOpenDatabase(store, { symbols, openAfterMs, readNow }, report),
  );
}

/**
 * Checks a database before its first use: whether it answers, the role's privileges and the schema. Nothing is changed.
 *
 * A server that has to be migrated is no failure: that is the next step.
 */
export function checkFirstUse(database: DatabaseConfig): Promise<DatabaseReport> {
  return openAndCheck(database, [], async (store, openAfterMs, report) => {
    report.results.push(...(await checkServer(store, openAfterMs)));
    await withStatementTimeout(store.knex, STATEMENT_LIMIT_MS, async (trx) => {
      if (!(await checkTables(trx, store.kind, report))) return;
      report.results.push(...(await checkOtherTables(trx)), ...(await checkEngine(trx)));
    });
    if (report.isBehind) report.results = report.results.map(allowOldSchema);
  });
}

function allowOldSchema(result: CheckResult): CheckResult {
  return result.check === SCHEMA_CHECK ? warn(SCHEMA_CHECK, result.found, result.remedy ?? 'chartctl migrate') : result;
}

async function openAndCheck(
  database: DatabaseConfig,
  symbols: readonly string[],
  check: CheckOpenDatabase,
): Promise<DatabaseReport> {
  const report: DatabaseReport = { results: [], symbols, isThrottled: false, isBehind: false };
  const began = performance.now();
  try {
    await withStore(withShortTimeout(database), async (store) => {
      const openAfterMs = performance.now() - began;
      await withinTime(LIMIT_MS, check(store, openAfterMs, report));
    });
  } catch (error) {
    const name = report.results.length > 0 ? `rest of the ${CHECK}` : CHECK;
    const isLate = error instanceof Failure && error.code === QUERY_CANCELED;
    report.results.push(isLate ? toTimeoutResult(name) : toCheckResult(name, error, 'check DATABASE_URL'));
  }
  return report;
}

function toTimeoutResult(check: string): CheckResult {
  const found = `no answer within ${STATEMENT_LIMIT_MS / 1000} s: a table is locked, or the server is overloaded`;
  const remedy = `list the active sessions: SELECT * FROM pg_stat_activity WHERE state <> 'idle'`;
  return fail(check, found, remedy, EXIT_CODES.temporary);
}

function withShortTimeout(database: DatabaseConfig): DatabaseConfig {
  if (database.kind === 'embedded') return database;
  return { kind: 'postgres', url: withConnectTimeout(database.url, CONNECT_LIMIT_S) };
}

/** Each result is added to the report at once, so that it is not lost if a later check exceeds its limit. */
async function checkOpenDatabase(
  store: Store,
  {
    symbols,
    openAfterMs,
    readNow,
  }: { symbols: readonly string[] | 'all'; openAfterMs: number; readNow: () => Promise<number> },
  report: DatabaseReport,
): Promise<void> {
  report.results.push(...(await checkServer(store, openAfterMs)));
  const { knex, kind } = store;
  if (!(await withStatementTimeout(knex, STATEMENT_LIMIT_MS, (trx) => checkContents(trx, kind, report)))) return;
  report.results.push(...(await checkNodes(knex, STATEMENT_LIMIT_MS)));
  const nowMs = report.isThrottled ? Date.now() : await readNow();
  const windows = await checkWindows(store, { choice: symbols, nowMs, limitMs: STATEMENT_LIMIT_MS });
  report.symbols = windows.symbols;
  report.results.push(...windows.results);
}

async function checkServer(store: Store, connectedAfterMs: number): Promise<CheckResult[]> {
  const sentAt = Date.now();
  const { version, nowMs, isReadOnly } = await readServerFacts(store.knex);
  const roundTripMs = Date.now() - sentAt;
  const took = `open after ${Math.round(connectedAfterMs)} ms, answers in ${roundTripMs} ms`;
  const skewMs = Math.round(sentAt + roundTripMs / 2 - nowMs);
  return [
    ok(CHECK, `${store.label}: PostgreSQL ${version}, ${took}`),
    ...(isReadOnly
      ? [fail('writing', 'the database is read-only', 'connect to the primary server, not to a standby')]
      : []),
    Math.abs(skewMs) > MAX_SKEW_MS
      ? warn('database clock', `it is ${describeSkew(skewMs)} the local one`, 'synchronize both machines by NTP')
      : ok('database clock', `within ${Math.max(1, Math.abs(skewMs))} ms of the local one`),
  ];
}

/** Describes another clock by how far the local one is ahead of it: `1.5 s behind`. */
function describeSkew(skewMs: number): string {
  return `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'behind' : 'ahead of'}`;
}

/** @returns false if the tables may be missing or unreadable, so that nothing else can be checked */
async function checkContents(trx: Transaction, kind: Store['kind'], report: DatabaseReport): Promise<boolean> {
  const { results } = report;
  if (!(await checkTables(trx, kind, report))) return false;
  results.push(...(await checkOtherTables(trx)), ...(await checkEngine(trx)));
  const sizes = await readSizes(trx);
  const { table, database, rows } = { ...sizes, ...(await readDividedSizes(trx)) };
  const about = rows > 0 ? `about ${rows.toLocaleString('en-US')} rows: ` : '';
  results.push(
    ok('size', `${about}${formatBytes(table)} for the candles, ${formatBytes(database)} for the whole database`),
  );
  const throttle = await findThrottle(trx, 'binance');
  report.isThrottled = throttle !== null;
  results.push(
    throttle
      ? warn(
          'rate limit',
          `no requests to Binance until ${throttle.until.toISOString()}: ${throttle.reason}`,
          'wait until then; ingest uses the fallback exchanges meanwhile',
        )
      : ok('rate limit', 'no ban and no spent rate limit'),
  );
  results.push(...(await checkSchedule(trx)));
  return true;
}

/**
 * Checks the schema and the role's privileges.
 *
 * @returns false if the tables may be missing or unreadable
 */
async function checkTables(trx: Transaction, kind: Store['kind'], report: DatabaseReport): Promise<boolean> {
  const { results } = report;
  await trx.raw(`SET LOCAL citus.multi_shard_modify_mode = 'sequential'`); // one connection for each node; unknown elsewhere
  const rights = await readRoleRights(trx);
  const permissions = checkRights(rights);
  if (!rights.mayReadMigrations) {
    results.push(permissions);
    return false;
  }
  const state = await readMigrationState(trx);
  const schema = await checkSchema(trx, kind, rights, state);
  report.isBehind = kind === 'postgres' && state.unknown.length === 0 && state.pending.length > 0;
  results.push(schema, permissions);
  return schema.state === 'ok' && rights.mayReadTables;
}

async function checkSchema(
  trx: Transaction,
  kind: Store['kind'],
  { mayCreateTables, role }: RoleRights,
  { applied, pending, unknown }: MigrationState,
): Promise<CheckResult> {
  const { usage } = EXIT_CODES;
  if (unknown.length > 0) {
    return fail(
      SCHEMA_CHECK,
      `made by a newer chartctl (${unknown.join(', ')})`,
      'update chartctl on this machine',
      usage,
    );
  }
  if (pending.length === 0) return ok(SCHEMA_CHECK, 'current');
  if (kind === 'embedded') return warn(SCHEMA_CHECK, `lacks ${pending.length} migrations`, 'any job migrates it');
  const may = mayCreateTables ? '' : `; ${role} may not create tables, so let another role run it`;
  const unreached = applied.length === 0 ? await describeUnreachedTables(trx) : undefined;
  return fail(SCHEMA_CHECK, `lacks ${pending.length} migrations`, unreached ?? `chartctl migrate${may}`, usage);
}

/** Warns of an empty chart table beside one of the platform, which a migration made because it did not find the other. */
async function checkOtherTables(trx: Transaction): Promise<CheckResult[]> {
  const held = await trx.raw<{ rows: unknown[] }>('SELECT 1 FROM rolling_chart_data LIMIT 1');
  if (held.rows.length > 0) return [];
  const { rows } = await trx.raw<{ rows: { qualified: string }[] }>(
    `SELECT format('%s.%I', relnamespace::regnamespace, relname) AS qualified FROM pg_class
     WHERE oid = to_regclass('rolling_chart_data')`,
  );
  const unreached = rows[0] && (await describeUnreachedTables(trx));
  if (unreached === undefined) return [];
  // with its schema: the name alone may reach the platform's table once this one was dropped
  const drop = `DROP TABLE ${rows[0]!.qualified};`;
  const remedy = `chartctl migrate --rollback; ${drop} then chartctl migrate, which says how to reach the other one`;
  return [warn('other tables', `rolling_chart_data is empty, but ${unreached.split(': ')[0]!}`, remedy)];
}

/** Checks the privileges that daily commands need. The remedy is the GRANT statements that are missing. */
export function checkRights(rights: RoleRights): CheckResult {
  const { role, database, missing, mayCreateTemporaryTables, hasRowSecurity } = rights;
  const name = quoteName(role);
  if (missing.length > 0) {
    const lacking = missing.map(({ on, privileges }) => `${privileges} on ${on}`);
    const grants = missing.map(({ on, privileges }) => `GRANT ${privileges} ON ${on} TO ${name}`);
    return fail(PERMISSIONS_CHECK, `${role} lacks ${lacking.join('; ')}`, `let the owner run: ${grants.join('; ')}`);
  }
  if (hasRowSecurity) {
    return warn(
      PERMISSIONS_CHECK,
      `row-level security binds ${role}: rows cannot be copied in`,
      `ALTER ROLE ${name} BYPASSRLS`,
    );
  }
  if (!mayCreateTemporaryTables) {
    const found = `${role} may make no temporary tables: undo fails, and large updates are slower`;
    return warn(PERMISSIONS_CHECK, found, `GRANT TEMP ON DATABASE ${quoteName(database)} TO ${name}`);
  }
  return ok(PERMISSIONS_CHECK, `${role} may read and write every table`);
}
