import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WARM_UP } from '../../src/indicators/indicator.js';
import { backfillFlags, NOW, SYMBOL } from './bench-market.js';
import { type BenchServer, startBenchServer } from './bench-server.js';
import { type BenchExchange, startBenchExchange } from './exchange/start-bench-exchange.js';
import type { Measurement } from './measurement.js';
import { type ChartctlOptions, type ChartctlRun, runChartctl } from './timed-process.js';

/** Databases filled by chartctl, created once and copied for every use. */
class FilledDatabases {
  readonly #server: BenchServer;
  readonly #chartctl: Bench['chartctl'];
  readonly #made = new Map<string, Promise<string>>();

  constructor(server: BenchServer, chartctl: Bench['chartctl']) {
    this.#server = server;
    this.#chartctl = chartctl;
  }

  /** A migrated, empty database; optionally migrated by another build. */
  empty(program?: string): Promise<string> {
    return this.variant(`empty ${program ?? ''}`, async () => {
      const url = await this.#server.create();
      await this.#chartctl(['migrate'], { url }, { program });
      return url;
    });
  }

  /** A database with a number of backfilled rows of one symbol up to NOW, vacuumed. */
  rows(count: number): Promise<string> {
    return this.variant(`rows ${count}`, async () => {
      const url = await this.#server.create(await this.empty());
      await this.#chartctl(['backfill', SYMBOL, ...backfillFlags(count)], { url });
      await this.#server.query(url, 'vacuum analyze');
      return url;
    });
  }

  /** Creates a database under a name, or returns the existing one. */
  variant(name: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }

  /** Runs `work` on a copy that is dropped afterwards. */
  async withCopy<T>(original: Promise<string>, work: (url: string) => Promise<T>): Promise<T> {
    const url = await this.#server.create(await original);
    try {
      return await work(url);
    } finally {
      await this.#server.drop(url);
    }
  }
}

/** The size of a benchmark. */
export interface BenchPlan {
  isQuick: boolean;
  /** Rows, smallest first. */
  sizes: readonly number[];
  /** Rows of the embedded database. */
  embeddedSizes: readonly number[];
  /** Symbols of one command, fewest first. */
  symbols: readonly number[];
  repeats: number;
  /** Repeats of runs that take less than a second. */
  shortRepeats: number;
}

/** Measurements that alternate or share their data. */
export interface Scenario {
  measures: readonly string[];
  run(bench: Bench): Promise<Measurement[]>;
}

/** The environment of a scenario. */
export interface Bench {
  plan: BenchPlan;
  /** Another build that the backfill is compared with. */
  before: string | undefined;
  server: BenchServer;
  /** Without latency and limits. */
  exchange: BenchExchange;
  filled: FilledDatabases;
  /** The temporary working directory of chartctl. */
  folder: string;
  /** Runs chartctl on a database of the server or on an embedded one. Default exchange: that of the bench. */
  chartctl(
    argv: readonly string[],
    database: { url: string } | { dataDir: string },
    options?: ChartctlOptions & { exchange?: BenchExchange; program?: string | undefined },
  ): Promise<ChartctlRun>;
  log(line: string): void;
}

/** Starts server and exchange, runs `work`, and removes all files. */
export async function withBench<T>(
  { plan, program, before, log }: { plan: BenchPlan; program: string; before?: string; log: (line: string) => void },
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
      return runChartctl(argv, { program: options.program ?? program, folder, environment }, options);
    };
    const filled = new FilledDatabases(server, chartctl);
    return await work({ plan, before, server, exchange, filled, folder, chartctl, log });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
