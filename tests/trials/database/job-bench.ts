import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_CODES, Failure, type ExitCode } from '../../../src/core/failure.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { withStore, type Store } from '../../../src/store/store.js';
import { findLosses, readDatabaseState, type DatabaseState } from '../../harness/database-state.js';
import { startFaultyProxy, type FaultyProxy } from '../../harness/faulty-proxy.js';
import { runStatement } from '../../harness/run-statement.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';
import { findFileLosses, readTrainingFiles, type TrainingFiles } from './training-files.js';
import { ALL_MINUTES, beginsWith, JOBS, LISTED, NOW, PREPARATIONS, type JobConclusion, type JobName } from './jobs.js';

const MOST_REPEATS = 200;
const PAUSE_MS = 50;

/** How a run of a job ended. */
export interface JobEnd {
  exitCode: ExitCode;
  /** What people were told. */
  failures: readonly Failure[];
  ms: number;
}

/** What an undisturbed run of a job leaves, and what went through the proxy meanwhile. */
export interface Undisturbed {
  state: DatabaseState;
  files: TrainingFiles;
  passed: FaultyProxy['passed'];
}

/** Jobs on a database that is the same before each of them, by way of a proxy that can break. */
export interface JobBench {
  proxy: FaultyProxy;
  /** The database's name. */
  database: string;
  /** Its URL, not by way of the proxy. */
  directUrl: string;
  /** The server's URL, as it was given. */
  serverUrl: string;
  /** Makes the database anew, as a job is to find it, and the proxy whole. */
  reset(job: JobName): Promise<void>;
  /** Once for each job; it leaves the database to be reset. */
  undisturbed(job: JobName): Promise<Undisturbed>;
  /** Runs a job as a process of its own would; what is neither a result nor a Failure is thrown. */
  run(job: JobName, parameters?: Readonly<Record<string, string>>): Promise<JobEnd>;
  /** What is not as it is after an undisturbed run of the job. */
  compare(job: JobName): Promise<string[]>;
  /** Runs the job again until it is done, and compares. */
  repeat(job: JobName): Promise<string[]>;
  /** The files that are there. */
  files(): TrainingFiles;
  close(): Promise<void>;
}

/** @param server a superuser's URL of the server to make the databases on */
export async function openJobBench(server: string): Promise<JobBench> {
  const candles = LISTED.map((symbol) => [symbol, [...generateCandles(symbol, ALL_MINUTES)]] as const);
  const exchange = await startLoopback({ binance: memorySource(Object.fromEntries(candles)), nowMs: NOW + 5_000 });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-bench-'));
  const database = `chartctl_bench_${process.pid}`;
  const templateOf = (beginning: string) => `${database}_${beginning}`;
  const urlOf = (name: string) => Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const proxy = await startFaultyProxy(urlOf(database));
  const known = new Map<JobName, Undisturbed>();
  const contextOf = (store: Store) => ({ store, market: openMarket(exchange.config) });
  const readState = () => withStore(toConfig(urlOf(database)), ({ knex }) => readDatabaseState(knex));
  const files = () => readTrainingFiles(folder);

  for (const [beginning, prepare] of Object.entries(PREPARATIONS)) {
    const template = templateOf(beginning);
    await runStatement(server, `create database ${template} template template0`);
    await withStore(toConfig(urlOf(template)), (store) => prepare(contextOf(store)));
  }

  const bench: JobBench = {
    proxy,
    database,
    directUrl: urlOf(database),
    serverUrl: server,
    files,
    reset: async (job) => {
      proxy.heal();
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      await runStatement(server, `drop database if exists ${database} with (force)`);
      await runStatement(server, `create database ${database} template ${templateOf(beginsWith(job))}`);
    },
    undisturbed: async (job) => {
      const before = known.get(job);
      if (before) return before;
      await bench.reset(job);
      const { exitCode, failures } = await bench.run(job);
      if (exitCode !== EXIT_CODES.done) throw new Error(`${job} ended with ${exitCode}: ${failures.join('; ')}`);
      const found = { state: await readState(), files: files(), passed: { ...proxy.passed } };
      known.set(job, found);
      return found;
    },
    run: async (job, parameters = {}) => {
      const url = new URL(proxy.url);
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      const out = join(folder, 'training.csv');
      const work = (store: Store): Promise<JobConclusion> => JOBS[job](contextOf(store), out);
      return endOf(withStore(toConfig(url.href), work, { connections: 2 }));
    },
    compare: async (job) => {
      const expected = getKnown(known, job);
      return [...findLosses(await readState(), expected.state), ...findFileLosses(files(), expected.files)];
    },
    repeat: async (job) => {
      proxy.heal();
      for (let repeats = 1; ; repeats += 1) {
        const { exitCode, failures } = await bench.run(job);
        if (exitCode === EXIT_CODES.done || failures.some(({ message }) => /was undone already/.test(message))) break;
        if (repeats === MOST_REPEATS) return [`the repeat ends with ${exitCode}: ${failures.join('; ')}`];
        await sleep(PAUSE_MS); // the server may yet have to notice that the connection with the job's lock is gone
      }
      return bench.compare(job);
    },
    close: async () => {
      proxy.close();
      await exchange.close();
      for (const name of [database, ...Object.keys(PREPARATIONS).map(templateOf)])
        await runStatement(server, `drop database if exists ${name} with (force)`);
      rmSync(folder, { recursive: true });
    },
  };
  return bench;
}

function toConfig(url: string): { kind: 'postgres'; url: string } {
  return { kind: 'postgres', url };
}

function getKnown(known: ReadonlyMap<JobName, Undisturbed>, job: JobName): Undisturbed {
  const found = known.get(job);
  if (!found) throw new Error(`${job} never ran undisturbed`);
  return found;
}

/** How a job ended, as its process would say it. */
async function endOf(work: Promise<JobConclusion>): Promise<JobEnd> {
  const began = performance.now();
  try {
    const { exitCode, outcomes } = await work;
    const failures = outcomes.flatMap(({ failure }) => (failure ? [failure] : []));
    return { exitCode, failures, ms: performance.now() - began };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { exitCode: error.exitCode, failures: [error], ms: performance.now() - began };
  }
}
