import type { DatabaseConfig } from '../../core/config.js';
import { EXIT_CODES, Failure } from '../../core/failure.js';
import { findThrottle } from '../../store/throttle.js';
import { readMigrationState } from '../../store/migration/migration-state.js';
import { readServerFacts, readSizes } from '../../store/diagnosis.js';
import { readRoleRights, type RoleRights } from '../../store/role-rights.js';
import type { Transaction } from '../../store/handles.js';
import { withStore, type Store } from '../../store/store.js';
import { withStatementLimit } from '../../store/with-statement-limit.js';
import { examineSchedule } from './examine-schedule.js';
import { examineWindows } from './examine-windows.js';
import { fail, ok, toFinding, warn, type Finding } from './finding.js';
import { formatBytes } from './format-bytes.js';
import { judgeRights } from './judge-rights.js';
import { withinTime } from './within-time.js';

const CHECK = 'database';
const CONNECT_LIMIT_S = 3;
/** For everything but the opening, and for each statement: a table may be locked. */
const LIMIT_MS = 3_000;
const STATEMENT_LIMIT_MS = 1_500;
/** SQLSTATE of a statement that took longer. */
const CANCELLED = '57014';
/** How far the database's clock, which stamps jobs, may be from the local one. */
const SKEW_ALLOWED_MS = 2_000;

/** What was found, and what the exchange is to be asked or spared for it. */
export interface DatabaseReport {
  findings: Finding[];
  /** The symbols that were looked at. */
  symbols: readonly string[];
  /** A ban or a spent budget is in force. */
  isThrottled: boolean;
}

/** Looks at the database and at what jobs left in it; nothing is changed, and an old schema stays as it is. */
export async function examineDatabase(
  database: DatabaseConfig,
  symbols: readonly string[] | 'all',
): Promise<DatabaseReport> {
  const report: DatabaseReport = { findings: [], symbols: symbols === 'all' ? [] : symbols, isThrottled: false };
  const began = performance.now();
  try {
    await withStore(hurried(database), async (store) => {
      const openAfterMs = performance.now() - began;
      await withinTime(LIMIT_MS, examineInside(store, symbols, openAfterMs, report));
    });
  } catch (error) {
    const check = report.findings.length > 0 ? `rest of the ${CHECK}` : CHECK;
    const isLate = error instanceof Failure && error.code === CANCELLED;
    report.findings.push(isLate ? judgeLateness(check) : toFinding(check, error, 'check DATABASE_URL'));
  }
  return report;
}

function judgeLateness(check: string): Finding {
  const found = `no answer within ${STATEMENT_LIMIT_MS / 1000} s: somebody has locked a table, or the server is very busy`;
  const remedy = `see who is at it: SELECT * FROM pg_stat_activity WHERE state <> 'idle'`;
  return fail(check, found, remedy, EXIT_CODES.temporary);
}

/** A server that cannot be reached is given up soon. */
function hurried(database: DatabaseConfig): DatabaseConfig {
  if (database.kind === 'embedded') return database;
  const url = new URL(database.url);
  url.searchParams.set('connect_timeout', String(CONNECT_LIMIT_S));
  return { kind: 'postgres', url: url.href };
}

/** What is found goes to the report at once: it stays there if the next question is not answered in time. */
async function examineInside(
  store: Store,
  symbols: readonly string[] | 'all',
  openAfterMs: number,
  report: DatabaseReport,
): Promise<void> {
  report.findings.push(...(await examineServer(store, openAfterMs)));
  const { knex, kind } = store;
  if (!(await withStatementLimit(knex, STATEMENT_LIMIT_MS, (trx) => examineContents(trx, kind, report)))) return;
  const windows = await examineWindows(store, symbols, STATEMENT_LIMIT_MS);
  report.symbols = windows.symbols;
  report.findings.push(windows.finding);
}

async function examineServer(store: Store, connectedAfterMs: number): Promise<Finding[]> {
  const asked = Date.now();
  const { version, nowMs, isReadOnly } = await readServerFacts(store.knex);
  const roundTripMs = Date.now() - asked;
  const took = `open after ${Math.round(connectedAfterMs)} ms, answers in ${roundTripMs} ms`;
  const skewMs = Math.round(asked + roundTripMs / 2 - nowMs);
  return [
    ok(CHECK, `${store.label}: PostgreSQL ${version}, ${took}`),
    ...(isReadOnly
      ? [fail('writing', 'the database is read-only', 'connect to the primary server, not to a standby')]
      : []),
    Math.abs(skewMs) > SKEW_ALLOWED_MS
      ? warn('database clock', `it is ${describeSkew(skewMs)} the local one`, 'let both machines keep time by NTP')
      : ok('database clock', `within ${Math.max(1, Math.abs(skewMs))} ms of the local one`),
  ];
}

/** `1.5 s behind`: where a clock stands, by how far the local one is ahead of it. */
function describeSkew(skewMs: number): string {
  return `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'behind' : 'ahead of'}`;
}

/** What jobs left in the database; false when tables may be missing, so that there is nothing to look at. */
async function examineContents(trx: Transaction, kind: Store['kind'], report: DatabaseReport): Promise<boolean> {
  const { findings } = report;
  const rights = await readRoleRights(trx);
  const permissions = judgeRights(rights);
  if (!rights.mayReadMigrations) {
    findings.push(permissions);
    return false;
  }
  const schema = await examineSchema(trx, kind, rights);
  findings.push(schema, permissions);
  if (schema.state !== 'ok' || !rights.mayReadTables) return false;
  const { table, database, rows } = await readSizes(trx);
  const about = rows > 0 ? `about ${rows.toLocaleString('en-US')} rows: ` : '';
  findings.push(
    ok('size', `${about}${formatBytes(table)} for the candles, ${formatBytes(database)} for the whole database`),
  );
  const throttle = await findThrottle(trx, 'binance');
  report.isThrottled = throttle !== null;
  findings.push(
    throttle
      ? warn(
          'rate limit',
          `Binance must be left alone until ${throttle.until.toISOString()}: ${throttle.reason}`,
          'wait until then: jobs do, too, and ingest asks the fallback exchanges',
        )
      : ok('rate limit', 'no ban and no spent budget is remembered'),
  );
  findings.push(...(await examineSchedule(trx)));
  return true;
}

async function examineSchema(
  trx: Transaction,
  kind: Store['kind'],
  { mayCreateTables, role }: RoleRights,
): Promise<Finding> {
  const { pending, unknown } = await readMigrationState(trx);
  const { usage } = EXIT_CODES;
  if (unknown.length > 0) {
    return fail('schema', `made by a newer chartctl (${unknown.join(', ')})`, 'update chartctl on this machine', usage);
  }
  if (pending.length === 0) return ok('schema', 'current');
  if (kind === 'embedded') return warn('schema', `lacks ${pending.length} migrations`, 'any job migrates it');
  const may = mayCreateTables ? '' : `; ${role} may not create tables, so let another role run it`;
  return fail('schema', `lacks ${pending.length} migrations`, `chartctl migrate${may}`, usage);
}
