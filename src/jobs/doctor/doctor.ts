import type { DatabaseConfig, ExchangeConfig } from '../../core/config.js';
import { examineDatabase, type DatabaseReport } from './examine-database.js';
import { examineExchanges } from './examine-exchanges.js';
import { examineMetricsFile, examineNode } from './examine-machine.js';
import { toFinding, type Finding } from './finding.js';
import { withinTime } from './within-time.js';

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
export async function doctor({ database, exchange, symbols, metricsFile }: DoctorOptions): Promise<Finding[]> {
  const known = symbols === 'all' ? [] : symbols;
  const report = database
    ? await examineOpenly(database, symbols)
    : { findings: [], symbols: known, isThrottled: false };
  const asked = report.isThrottled ? { ...exchange, binanceUrls: [] } : exchange;
  const exchanges = withinTime(EXCHANGES_LIMIT_MS, examineExchanges(asked, report.symbols));
  return [
    examineNode(),
    ...(metricsFile === undefined ? [] : [await examineMetricsFile(metricsFile)]),
    ...report.findings,
    ...(await exchanges.catch((error: unknown) => [toFinding('exchanges', error, 'check the network')])),
  ];
}

async function examineOpenly(database: DatabaseConfig, symbols: readonly string[] | 'all'): Promise<DatabaseReport> {
  const unopened = { findings: [] as Finding[], symbols: symbols === 'all' ? [] : symbols, isThrottled: false };
  try {
    if (database.kind === 'postgres') return await examineDatabase(database, symbols);
    const { examineEmbedded } = await import('./examine-embedded.js');
    const { findings, canOpen } = await examineEmbedded(database.dataDir);
    const inside = canOpen ? await examineDatabase(database, symbols) : unopened;
    return { ...inside, findings: [...findings, ...inside.findings] };
  } catch (error) {
    return { ...unopened, findings: [toFinding('database', error, 'check that it answers')] };
  }
}
