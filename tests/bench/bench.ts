import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WARM_UP } from '../../src/core/indicator-columns.js';
import { NOW } from './bench-market.js';
import { startBenchServer, type BenchServer } from './bench-server.js';
import { startBenchExchange, type BenchExchange } from './exchange/start-bench-exchange.js';
import { FilledDatabases } from './filled-databases.js';
import type { Measurement } from './measurement.js';
import { runChartctl, type ChartctlOptions, type ChartctlRun } from './run-chartctl.js';

/** How much is measured. */
export interface BenchPlan {
  isQuick: boolean;
  /** Rows, smallest first. */
  sizes: readonly number[];
  /** Rows of the embedded database. */
  embeddedSizes: readonly number[];
  /** Symbols of one command, fewest first. */
  symbols: readonly number[];
  repeats: number;
  /** Of what takes less than a second. */
  shortRepeats: number;
}

/** Things that belong together because they are measured in turns, or on the same data. */
export interface Scenario {
  measures: readonly string[];
  run(bench: Bench): Promise<Measurement[]>;
}

/** What a scenario has to work with. */
export interface Bench {
  plan: BenchPlan;
  server: BenchServer;
  /** Answers at once and allows everything. */
  exchange: BenchExchange;
  filled: FilledDatabases;
  /** Temporary; chartctl runs in it. */
  folder: string;
  /** Runs chartctl on a server's database, or on the embedded one in a folder; with the usual exchange if none is given. */
  chartctl(
    argv: readonly string[],
    database: { url: string } | { dataDir: string },
    options?: ChartctlOptions & { exchange?: BenchExchange },
  ): Promise<ChartctlRun>;
  log(line: string): void;
}

/** Opens everything, runs `work` and removes every trace. */
export async function withBench<T>(
  { plan, program, log }: { plan: BenchPlan; program: string; log: (line: string) => void },
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-bench-'));
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  try {
    const server = await startBenchServer();
    closers.push(() => server.stop());
    const exchange = await startBenchExchange({ nowMs: NOW, minutes: Math.max(...plan.sizes) + WARM_UP });
    closers.push(() => exchange.stop());
    const chartctl: Bench['chartctl'] = (argv, database, options = {}) => {
      const variables = 'url' in database ? { DATABASE_URL: database.url } : { CHARTCTL_DATA_DIR: database.dataDir };
      const environment = { ...variables, ...(options.exchange ?? exchange).environment };
      return runChartctl(argv, { program, folder, environment }, options);
    };
    const filled = new FilledDatabases(server, chartctl);
    return await work({ plan, server, exchange, filled, folder, chartctl, log });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
