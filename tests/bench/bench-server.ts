import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import postgres from 'postgres';
import { findServerPrograms, startCluster } from '../harness/scratch-cluster.js';
import type { Run } from './measurement.js';
import { timeProcess } from './timed-process.js';

/** Counts statements where it is asked to; in PostgreSQL's contrib. */
const STATEMENT_COUNTER = 'pg_stat_statements';

/** A scratch PostgreSQL on default settings, and what a bench does with it. */
export interface BenchServer {
  version: string;
  /** Whether `startCounting` works here. */
  countsStatements: boolean;
  /** Makes a database, a copy of another one where one is given, and returns its URL; nothing is left to be flushed. */
  create(template?: string): Promise<string>;
  drop(url: string): Promise<void>;
  query<Row extends postgres.Row>(url: string, statement: string): Promise<Row[]>;
  /** Runs a script by psql, which is the limit: what the server takes and gives at the least cost. */
  psql(url: string, script: string): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts a server of the bench's own. @throws Error when PostgreSQL's programs are not there */
export async function startBenchServer(): Promise<BenchServer> {
  const programs = findServerPrograms();
  const psql = programs && findPsql(programs);
  if (!programs || !psql) throw new Error('no PostgreSQL here: install its programs (apt install postgresql)');
  const installed = dirname(dirname(realpathSync(join(programs, 'postgres'))));
  const countsStatements = existsSync(join(installed, 'lib', `${STATEMENT_COUNTER}.so`));
  const counter = { shared_preload_libraries: STATEMENT_COUNTER, [`${STATEMENT_COUNTER}.track`]: 'none' };
  const cluster = await startCluster(programs, countsStatements ? counter : {});
  const query = <Row extends postgres.Row>(url: string, statement: string) => runQuery<Row>(url, statement);
  const [{ version } = { version: 'unknown' }] = await query<{ version: string }>(
    cluster.url,
    "select current_setting('server_version') AS version",
  );
  let made = 0;
  return {
    version,
    countsStatements,
    query,
    create: async (template) => {
      const url = new URL(cluster.url);
      url.pathname = `/bench_${(made += 1)}`;
      const source = template ? new URL(template).pathname.slice(1) : 'template0';
      await query(cluster.url, `create database bench_${made} template ${source} strategy file_copy`);
      await query(cluster.url, 'checkpoint');
      return url.href;
    },
    drop: async (url) => {
      await query(cluster.url, `drop database ${new URL(url).pathname.slice(1)} with (force)`);
    },
    psql: (url, script) => runPsql(psql, url, script),
    stop: cluster.stop,
  };
}

function findPsql(serverPrograms: string): string | undefined {
  const directories = [serverPrograms, ...(process.env.PATH ?? '').split(delimiter)];
  return directories.map((directory) => join(directory, 'psql')).find((path) => existsSync(path));
}

async function runQuery<Row extends postgres.Row>(url: string, statement: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe<Row[]>(statement))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function runPsql(program: string, url: string, script: string): Promise<Run> {
  const end = await timeProcess(program, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url], { input: script });
  if (end.exitCode !== 0) throw new Error(`psql ended with ${end.exitCode}: ${end.stderr}`);
  return end;
}
