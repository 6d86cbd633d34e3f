import type { DatabaseConfig } from '../../database/database-config.js';
import type { ExchangeConfig } from '../../exchange/market.js';
import { checkDatabase, type DatabaseReport } from './check-database.js';
import { checkExchanges } from './check-exchanges.js';
import { checkMetricsFile, checkNode } from './check-machine.js';
import { type CheckResult, toCheckResult, withinTime } from './check-result.js';

/** With what the database may take it is what a person waits for at the most. */
const EXCHANGES_LIMIT_MS = 6_000;

/** What is looked at. */
export interface DoctorOptions {
  /** Undefined when its address was refused. */
  database: DatabaseConfig | undefined;
  exchange: ExchangeConfig;
  symbols: readonly string[] | 'all';
  metricsFile: string | undefined;
}

/**
 * Looks at everything that jobs depend on, in turn, and goes on after each failure. Nothing is changed.
 *
 * While Binance has banned this address, or its budget is spent, it is left alone.
 */
export async function doctor({ database, exchange, symbols, metricsFile }: DoctorOptions): Promise<CheckResult[]> {
  const known = symbols === 'all' ? [] : symbols;
  const report = database
    ? await checkConfiguredDatabase(database, symbols)
    : { findings: [], symbols: known, isThrottled: false };
  const asked = report.isThrottled ? { ...exchange, binanceUrls: [] } : exchange;
  const exchanges = withinTime(EXCHANGES_LIMIT_MS, checkExchanges(asked, report.symbols));
  return [
    checkNode(),
    ...(metricsFile === undefined ? [] : [await checkMetricsFile(metricsFile)]),
    ...report.findings,
    ...(await exchanges.catch((error: unknown) => [toCheckResult('exchanges', error, 'check the network')])),
  ];
}

async function checkConfiguredDatabase(
  database: DatabaseConfig,
  symbols: readonly string[] | 'all',
): Promise<DatabaseReport> {
  const unopened = { findings: [] as CheckResult[], symbols: symbols === 'all' ? [] : symbols, isThrottled: false };
  try {
    if (database.kind === 'postgres') return await checkDatabase(database, symbols);
    const { checkEmbedded } = await import('./check-embedded.js');
    const { findings, canOpen } = await checkEmbedded(database.dataDir);
    const inside = canOpen ? await checkDatabase(database, symbols) : unopened;
    return { ...inside, findings: [...findings, ...inside.findings] };
  } catch (error) {
    return { ...unopened, findings: [toCheckResult('database', error, 'check that it answers')] };
  }
}
