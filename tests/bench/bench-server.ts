import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import postgres from 'postgres';
import { findServerPrograms, startCluster } from '../harness/scratch-cluster.js';
import { SYMBOL } from './bench-market.js';
import type { Run } from './measurement.js';
import { timeProcess } from './timed-process.js';

/** The extension that counts statements; part of PostgreSQL's contrib. */
const STATEMENT_COUNTER = 'pg_stat_statements';

/** A temporary PostgreSQL server with default settings. */
export interface BenchServer {
  version: string;
  /** Whether statements can be counted. */
  countsStatements: boolean;
  /** Creates a database, optionally as a copy of another one, runs a checkpoint, and returns its URL. */
  create(template?: string): Promise<string>;
  drop(url: string): Promise<void>;
  query<Row extends postgres.Row>(url: string, statement: string): Promise<Row[]>;
  /** Runs a script with psql: the limit that chartctl is compared with. */
  psql(url: string, script: string): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts the server. @throws Error when PostgreSQL's programs are not installed */
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

/** Copies the newest rows of SYMBOL to other symbols. */
export async function copySymbol(
  server: BenchServer,
  url: string,
  { to, newest, keepOriginal }: { to: readonly string[]; newest: number; keepOriginal: boolean },
): Promise<void> {
  await server.query(
    url,
    `create table original as select * from rolling_chart_data where symbol = '${SYMBOL}' order by timestamp desc limit ${newest};
     alter table original drop column symbol;`,
  );
  const columns = await server.query<{ name: string }>(
    url,
    `select attname as name from pg_attribute
     where attrelid = 'original'::regclass and attnum > 0 and not attisdropped order by attnum`,
  );
  const names = columns.map(({ name }) => name).join(', ');
  if (!keepOriginal) await server.query(url, 'truncate rolling_chart_data');
  await server.query(
    url,
    `insert into rolling_chart_data (symbol, ${names})
     select s.symbol, ${names} from unnest('{${to.join(',')}}'::text[]) s(symbol), original order by 1, 2;
     drop table original;`,
  );
  await server.query(url, 'vacuum analyze');
}

/** Counts the statements on a database during `work`, where the server can. */
export async function withStatementCount<T>(
  server: BenchServer,
  url: string,
  work: () => Promise<T>,
): Promise<{ result: T; counts: { statements?: number } }> {
  if (!server.countsStatements) return { result: await work(), counts: {} };
  const database = new URL(url).pathname.slice(1);
  await server.query(url, `create extension if not exists pg_stat_statements`);
  await server.query(url, `select pg_stat_statements_reset()`);
  await server.query(url, `alter database ${database} set pg_stat_statements.track = 'top'`);
  try {
    const result = await work();
    await server.query(url, `alter database ${database} reset pg_stat_statements.track`);
    const [sum] = await server.query<{ calls: number }>(
      url,
      `select sum(calls)::int as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid
       where d.datname = '${database}' and query not ilike 'alter database%'`,
    );
    return { result, counts: { statements: sum?.calls ?? 0 } };
  } finally {
    await server.query(url, `alter database ${database} reset pg_stat_statements.track`);
  }
}
