import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_CODES, type ExitCode, Failure } from '../../../src/core/failure.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { type DatabaseState, findStateDifferences, readDatabaseState } from '../../harness/database-state.js';
import { type FaultyProxy, startFaultyProxy } from '../../harness/faulty-proxy.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';
import { ALL_MINUTES, beginsWith, type JobConclusion, type JobName, JOBS, LISTED, NOW, PREPARATIONS } from './jobs.js';

/** The files of a folder by their names. */
export type TrainingFiles = Readonly<Record<string, string>>;

const MANIFEST = '.datapackage.json';

export function readTrainingFiles(folder: string): TrainingFiles {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** What an export that was cut short must not leave: a part of a file, a file that its manifest does not describe. */
export function findPartialFiles(files: TrainingFiles): string[] {
  return Object.keys(files).flatMap((name) => {
    if (name.endsWith('.tmp')) return [`the temporary file ${name} was left behind`];
    if (name.endsWith(MANIFEST)) return [];
    const manifest = files[`${name}${MANIFEST}`];
    if (manifest === undefined) return [`${name} has no manifest`];
    return manifest.includes(createHash('sha256').update(files[name]!).digest('hex'))
      ? []
      : [`${name} is not what its manifest describes`];
  });
}

/** What is not as expected; of a manifest only that it is there, for it holds the time and the job's number. */
export function findFileDifferences(found: TrainingFiles, expected: TrainingFiles): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  const differ = names.filter((name) =>
    name.endsWith(MANIFEST)
      ? (found[name] === undefined) !== (expected[name] === undefined)
      : found[name] !== expected[name],
  );
  return [...findPartialFiles(found), ...differ.map((name) => `the file ${name} differs`)];
}

const MAX_REPEATS = 200;
const PAUSE_MS = 50;

/** How a run of a job ended. */
export interface JobRunResult {
  exitCode: ExitCode;
  /** What people were told. */
  failures: readonly Failure[];
  ms: number;
}

/** What an undisturbed run of a job leaves, and what went through the proxy meanwhile. */
export interface ReferenceRun {
  state: DatabaseState;
  files: TrainingFiles;
  passed: FaultyProxy['passed'];
}

/** Jobs on a database that is the same before each of them, by way of a proxy that can break. */
export interface JobTestbed {
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
  reference(job: JobName): Promise<ReferenceRun>;
  /** Runs a job as a process of its own would; what is neither a result nor a Failure is thrown. */
  run(job: JobName, parameters?: Readonly<Record<string, string>>): Promise<JobRunResult>;
  /** What is not as it is after an undisturbed run of the job. */
  compare(job: JobName): Promise<string[]>;
  /** Runs the job again until it is done, and compares. */
  repeat(job: JobName): Promise<string[]>;
  /** The files that are there. */
  files(): TrainingFiles;
  close(): Promise<void>;
}

/** @param server a superuser's URL of the server to make the databases on */
export async function openJobTestbed(server: string): Promise<JobTestbed> {
  const candles = LISTED.map((symbol) => [symbol, [...generateCandles(symbol, ALL_MINUTES)]] as const);
  const exchange = await startLoopback({ binance: memorySource(Object.fromEntries(candles)), nowMs: NOW + 5_000 });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-bench-'));
  const database = `chartctl_bench_${process.pid}`;
  const templateOf = (beginning: string) => `${database}_${beginning}`;
  const urlOf = (name: string) => Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const proxy = await startFaultyProxy(urlOf(database));
  const known = new Map<JobName, ReferenceRun>();
  const contextOf = (store: Store) => ({ store, market: openMarket(exchange.config) });
  const readState = () => withStore(toConfig(urlOf(database)), ({ knex }) => readDatabaseState(knex));
  const files = () => readTrainingFiles(folder);

  for (const [beginning, prepare] of Object.entries(PREPARATIONS)) {
    const template = templateOf(beginning);
    await runStatement(server, `create database ${template} template template0`);
    await withStore(toConfig(urlOf(template)), (store) => prepare(contextOf(store)));
  }

  const bench: JobTestbed = {
    proxy,
    database,
    directUrl: urlOf(database),
    serverUrl: server,
    files,
    reset: async (job) => {
      proxy.reset();
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      await runStatement(server, `drop database if exists ${database} with (force)`);
      await runStatement(server, `create database ${database} template ${templateOf(beginsWith(job))}`);
    },
    reference: async (job) => {
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
      return toRunResult(withStore(toConfig(url.href), work, { connections: 2 }));
    },
    compare: async (job) => {
      const expected = getKnown(known, job);
      return [
        ...findStateDifferences(await readState(), expected.state),
        ...findFileDifferences(files(), expected.files),
      ];
    },
    repeat: async (job) => {
      proxy.reset();
      for (let repeats = 1; ; repeats += 1) {
        const { exitCode, failures } = await bench.run(job);
        if (exitCode === EXIT_CODES.done || failures.some(({ message }) => /was already undone/.test(message))) break;
        if (repeats === MAX_REPEATS) return [`the repeat ends with ${exitCode}: ${failures.join('; ')}`];
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

function getKnown(known: ReadonlyMap<JobName, ReferenceRun>, job: JobName): ReferenceRun {
  const found = known.get(job);
  if (!found) throw new Error(`${job} never ran undisturbed`);
  return found;
}

/** How a job ended, as its process would say it. */
async function toRunResult(work: Promise<JobConclusion>): Promise<JobRunResult> {
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
