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

/** The contents of the files of a folder by name. */
export type TrainingFiles = Readonly<Record<string, string>>;

const MANIFEST = '.datapackage.json';

function readTrainingFiles(folder: string): TrainingFiles {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** What an interrupted export must not leave: a partial file, or a file that its manifest does not describe. */
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

/** The differences between files; of manifests only their existence, because they hold the time and the job id. */
function findFileDifferences(found: TrainingFiles, expected: TrainingFiles): string[] {
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
  /** The failures that were reported. */
  failures: readonly Failure[];
  ms: number;
}

/** The result of an undisturbed run of a job, and its traffic. */
export interface ReferenceRun {
  state: DatabaseState;
  files: TrainingFiles;
  passed: FaultyProxy['passed'];
}

/** Runs jobs on a database that is reset before each of them, through a proxy that can break connections. */
export interface JobTestbed {
  proxy: FaultyProxy;
  /** The database's name. */
  database: string;
  /** The database's URL without the proxy. */
  directUrl: string;
  /** The server's URL. */
  serverUrl: string;
  /** Recreates the database in the state that a job starts with, and resets the proxy. */
  reset(job: JobName): Promise<void>;
  /** The result of an undisturbed run, cached for each job; the database must be reset afterwards. */
  reference(job: JobName): Promise<ReferenceRun>;
  /** Runs a job as a process would; errors other than Failure are thrown. */
  run(job: JobName, parameters?: Readonly<Record<string, string>>): Promise<JobRunResult>;
  /** The differences from the result of an undisturbed run. */
  compare(job: JobName): Promise<string[]>;
  /** Repeats the job until it is done, and compares. */
  repeat(job: JobName): Promise<string[]>;
  /** The written files. */
  files(): TrainingFiles;
  close(): Promise<void>;
}

/** @param server a superuser's URL of the server for the databases */
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
        await sleep(PAUSE_MS); // the server may not have noticed yet that the connection with the job's lock is lost
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

/** The result of a job as its process would report it. */
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
