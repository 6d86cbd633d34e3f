import type { DatabaseConfig } from '../../database/database-config.js';
import type { ExchangeConfig } from '../../exchange/market.js';
import { checkDatabase, checkFirstUse, type DatabaseReport } from './check-database.js';
import { checkExchanges, contactHosts, type Host, readNow } from './check-exchanges.js';
import { checkMetricsFile, checkNode } from './check-machine.js';
import { checkProxies } from './check-proxies.js';
import { type CheckResult, toCheckResult, withinTime } from './check-result.js';

/** The limit for all checks of exchanges. */
const EXCHANGES_LIMIT_MS = 6_000;

interface DoctorOptions {
  /** Undefined if the configured address is invalid. */
  database: DatabaseConfig | undefined;
  exchange: ExchangeConfig;
  symbols: readonly string[] | 'all';
  metricsFile: string | undefined;
}

/**
 * Checks everything that jobs depend on and continues after each failure. Nothing is changed.
 *
 * During a ban or while the rate limit is spent, no requests are sent to Binance.
 */
export async function doctor({ database, exchange, symbols, metricsFile }: DoctorOptions): Promise<CheckResult[]> {
  const known = symbols === 'all' ? [] : symbols;
  let contacted: Promise<Host[]> | undefined;
  const contact = () => (contacted ??= contactHosts(exchange));
  const report = database
    ? await checkConfiguredDatabase(database, symbols, () => readNow(contact()))
    : { results: [], symbols: known, isThrottled: false, isBehind: false };
  const hosts = report.isThrottled ? Promise.resolve([]) : contact();
  const exchanges = withinTime(EXCHANGES_LIMIT_MS, checkExchanges(exchange, report.symbols, hosts));
  return [
    checkNode(),
    ...(metricsFile === undefined ? [] : [await checkMetricsFile(metricsFile)]),
    ...report.results,
    ...checkProxies(exchange),
    ...(await exchanges.catch((error: unknown) => [toCheckResult('exchanges', error, 'check the network')])),
  ];
}

/** Checks a database before its first use; `isBehind` says whether it has to be migrated. Nothing is changed. */
export function checkNewDatabase(database: DatabaseConfig): Promise<DatabaseReport> {
  const unopened = { results: [], symbols: [], isThrottled: false, isBehind: false };
  return checkIfPresent(database, { unopened, isFirstUse: true }, () => checkFirstUse(database));
}

function checkConfiguredDatabase(
  database: DatabaseConfig,
  symbols: readonly string[] | 'all',
  readNow: () => Promise<number>,
): Promise<DatabaseReport> {
  const known = symbols === 'all' ? [] : symbols;
  const unopened = { results: [], symbols: known, isThrottled: false, isBehind: false };
  return checkIfPresent(database, { unopened, isFirstUse: false }, () => checkDatabase(database, symbols, readNow));
}

/**
 * Opens the database for a check if that changes nothing: an embedded one that does not exist would be created.
 *
 * @param unopened the report of a database that is not opened
 */
async function checkIfPresent(
  database: DatabaseConfig,
  { unopened, isFirstUse }: { unopened: DatabaseReport; isFirstUse: boolean },
  check: () => Promise<DatabaseReport>,
): Promise<DatabaseReport> {
  try {
    if (database.kind === 'postgres') return await check();
    const { checkEmbedded } = await import('./check-embedded.js'); // loads PGlite
    const { results, canOpen } = await checkEmbedded(database.dataDir, isFirstUse);
    const inside = canOpen ? await check() : unopened;
    return { ...inside, results: [...results, ...inside.results] };
  } catch (error) {
    return { ...unopened, results: [toCheckResult('database', error, 'check that the database is reachable')] };
  }
}
