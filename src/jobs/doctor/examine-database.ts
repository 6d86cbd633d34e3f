import type { DatabaseConfig } from '../../core/config.js';
import { EXIT_CODES } from '../../core/failure.js';
import { findThrottle } from '../../store/throttle.js';
import { getMigrationState } from '../../store/migration-state.js';
import { readRoleRights, readServerFacts, readSizes, type RoleRights } from '../../store/diagnosis.js';
import type { Store } from '../../store/store.js';
import { withStore } from '../../store/store.js';
import { examineSchedule } from './examine-schedule.js';
import { examineWindows } from './examine-windows.js';
import { fail, ok, toFinding, warn, type Finding } from './finding.js';
import { formatBytes } from './format-bytes.js';

const CHECK = 'database';
const CONNECT_LIMIT_S = 3;
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
      report.findings.push(...(await examineServer(store, performance.now() - began)));
      await examineContents(store, symbols, report);
    });
  } catch (error) {
    report.findings.push(toFinding(CHECK, error, 'check DATABASE_URL'));
  }
  return report;
}

/** A server that cannot be reached is given up soon. */
function hurried(database: DatabaseConfig): DatabaseConfig {
  if (database.kind === 'embedded') return database;
  const url = new URL(database.url);
  url.searchParams.set('connect_timeout', String(CONNECT_LIMIT_S));
  return { kind: 'postgres', url: url.href };
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

async function examineContents(
  store: Store,
  symbols: readonly string[] | 'all',
  report: DatabaseReport,
): Promise<void> {
  const { findings } = report;
  const rights = await readRoleRights(store.knex);
  const schema = await examineSchema(store, rights);
  findings.push(schema, judgeRights(rights));
  if (schema.state === 'fail') return;
  const { table, database, rows } = await readSizes(store.knex);
  const about = rows > 0 ? `about ${rows.toLocaleString('en-US')} rows: ` : '';
  findings.push(
    ok('size', `${about}${formatBytes(table)} for the candles, ${formatBytes(database)} for the whole database`),
  );
  const throttle = await findThrottle(store.knex, 'binance');
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
  findings.push(...(await examineSchedule(store)));
  const windows = await examineWindows(store, symbols);
  report.symbols = windows.symbols;
  findings.push(windows.finding);
}

async function examineSchema(store: Store, { mayCreateTables, role }: RoleRights): Promise<Finding> {
  const { pending, unknown } = await getMigrationState(store);
  const { usage } = EXIT_CODES;
  if (unknown.length > 0) {
    return fail('schema', `made by a newer chartctl (${unknown.join(', ')})`, 'update chartctl on this machine', usage);
  }
  if (pending.length === 0) return ok('schema', 'current');
  if (store.kind === 'embedded') return warn('schema', `lacks ${pending.length} migrations`, 'any job migrates it');
  const may = mayCreateTables ? '' : `; ${role} may not create tables, so let another role run it`;
  return fail('schema', `lacks ${pending.length} migrations`, `chartctl migrate${may}`, usage);
}

function judgeRights({ role, missing, mayMakeTemporaryTables, isHeldByRowSecurity }: RoleRights): Finding {
  const check = 'permissions';
  if (missing.length > 0) {
    const lacking = missing.map(({ table, privileges }) => `${privileges} on ${table}`);
    const grants = missing.map(({ table, privileges }) => `GRANT ${privileges} ON ${table} TO "${role}"`);
    return fail(check, `${role} lacks ${lacking.join('; ')}`, `let the owner run: ${grants.join('; ')}`);
  }
  if (isHeldByRowSecurity) {
    return warn(check, `row-level security binds ${role}: rows cannot be copied in`, `ALTER ROLE "${role}" BYPASSRLS`);
  }
  if (!mayMakeTemporaryTables) {
    const remedy = `GRANT TEMP ON DATABASE ... TO "${role}"`;
    return warn(check, `${role} may make no temporary tables: large updates are slower`, remedy);
  }
  return ok(check, `${role} may read and write every table`);
}
