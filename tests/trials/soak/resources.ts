import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TEMPORARY, type SoakWorld } from './soak-world.js';

/** What a simulation holds at a moment. */
export interface Holdings {
  heapMb: number;
  /** Open files, sockets included. */
  files: number;
  /** Connections to the database beside the trial's own; 0 for the embedded one. */
  connections: number;
  /** Each table by its name; empty for the embedded database. */
  tables: Record<string, TableSize>;
}

/** How large a table is. */
export interface TableSize {
  /** Bytes of its rows. */
  held: number;
  /** Bytes that it takes on the disk, with its indexes and what deleted rows left free. */
  taken: number;
}

/** Idle connections to the exchange are closed by it after 5 s. */
const IDLE_LIMIT_MS = 15_000;

const TABLES = `select relname as name, pg_total_relation_size(oid)::float8 as taken from pg_class
  where relkind = 'r' and relname like any (array['chartctl%', 'rolling_chart_data'])`;
const held = (table: string) => `select coalesce(sum(pg_column_size(t)), 0)::float8 as held from ${table} t`;
const CONNECTIONS = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;

/** Takes stock once everything idle is gone; garbage is collected first. */
export async function takeStock(world: SoakWorld, filesBefore = Infinity): Promise<Holdings> {
  const limit = performance.now() + IDLE_LIMIT_MS;
  let connections = await countConnections(world);
  while ((countFiles() > filesBefore || connections > 0) && performance.now() < limit) {
    await sleep(100);
    connections = await countConnections(world);
  }
  return {
    heapMb: measureHeap(),
    files: countFiles(),
    connections,
    tables: await measureTables(world),
  };
}

async function measureTables({ server }: SoakWorld): Promise<Holdings['tables']> {
  if (!server) return {};
  const tables = await server.query<{ name: string; taken: number }>(TABLES);
  const sizes = tables.map(async ({ name, taken }) => {
    const [rows] = await server.query<{ held: number }>(held(name));
    return [name, { taken, held: rows!.held }] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}

async function countConnections({ server }: SoakWorld): Promise<number> {
  const [found] = (await server?.query<{ count: number }>(CONNECTIONS)) ?? [];
  return found?.count ?? 0;
}

/** Files that jobs left where they do not belong. */
export function findStrayFiles({ folder }: SoakWorld, expected: readonly string[]): string[] {
  const strays = readdirSync(folder).filter((name) => !expected.includes(name));
  return [...strays, ...readdirSync(join(folder, TEMPORARY)).map((name) => join(TEMPORARY, name))];
}

function countFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

function measureHeap(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** A sentence when the later of two values is more than `factor` times the earlier one. */
export function findCreep(what: string, before: number, after: number, factor: number): string[] {
  return after > before * factor ? [`${what} crept from ${before.toFixed(1)} to ${after.toFixed(1)}`] : [];
}
