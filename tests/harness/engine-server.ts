import postgres from 'postgres';
import { runStatement } from './scratch-cluster.js';

/** What is installed in a database of a test server beside PostgreSQL. */
export type EngineName = 'citus' | 'timescaledb';

/** A test server whose given database has an engine, and the other servers that it works with. */
export interface EngineServer {
  /** A superuser's URL of the given database. */
  url: string;
  /** Undefined: plain PostgreSQL. */
  engine: EngineName | undefined;
  /** A superuser's URL of the same database on each worker; empty where one server does all. */
  workers: readonly string[];
}

/** Finds out what the database of a superuser's URL has: its extensions, and the workers that it knows. */
export async function readEngineServer(superuserUrl: string): Promise<EngineServer> {
  const sql = postgres(superuserUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    const found = await sql`SELECT extname FROM pg_extension WHERE extname IN ('citus', 'timescaledb')`;
    const engine = found[0]?.extname as EngineName | undefined;
    if (engine !== 'citus') return { url: superuserUrl, engine, workers: [] };
    const nodes = await sql<{ name: string; port: number }[]>`
      SELECT nodename AS name, nodeport AS port FROM pg_dist_node WHERE groupid <> 0 AND isactive ORDER BY groupid`;
    return { url: superuserUrl, engine, workers: nodes.map(({ name, port }) => atAddress(superuserUrl, name, port)) };
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * Creates an empty database with the server's engine: on Citus on every node, with the workers added to it.
 *
 * @returns a superuser's URL of the database on each server, that of the commands first
 */
export async function createEngineDatabase({ url, engine, workers }: EngineServer, name: string): Promise<string[]> {
  const servers = [url, ...workers];
  const databases = servers.map((server) => atDatabase(server, name));
  await Promise.all(servers.map((server) => runStatement(server, `create database ${name} template template0`)));
  if (engine === undefined) return databases;
  // each on its own connection: an engine loads itself when a session begins in a database that has it
  await Promise.all(databases.map((database) => runStatement(database, `create extension ${engine}`)));
  if (engine === 'citus') await joinWorkers(databases);
  return databases;
}

/** Drops such a database on all its servers, the sessions of the engine itself included. */
export async function dropEngineDatabase(databases: readonly string[]): Promise<void> {
  for (const database of databases) {
    const name = new URL(database).pathname.slice(1);
    await runStatement(atDatabase(database, 'postgres'), `drop database if exists ${name} with (force)`);
  }
}

async function joinWorkers([coordinator = '', ...workers]: readonly string[]): Promise<void> {
  const calls = [coordinator, ...workers].map((url, place) => {
    const { hostname, port } = new URL(url);
    const call = place === 0 ? 'citus_set_coordinator_host' : 'citus_add_node';
    return `select ${call}('${hostname}', ${Number(port || 5432)})`;
  });
  for (const call of calls) await runStatement(coordinator, call);
}

function atAddress(url: string, host: string, port: number): string {
  const moved = new URL(url);
  moved.hostname = host;
  moved.port = String(port);
  return moved.href;
}

function atDatabase(url: string, name: string): string {
  const moved = new URL(url);
  moved.pathname = `/${name}`;
  return moved.href;
}
