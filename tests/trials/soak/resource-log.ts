import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HOUR_MS, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { median } from '../../../src/quality/median.js';
import { inspectRows } from './inspect-rows.js';
import type { SimulatedMinute, SoakOutcome } from './simulate.js';
import { type SoakWorld, TEMPORARY } from './soak-world.js';

/** What a simulation holds at a moment. */
export interface ResourceUsage {
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
  rowBytes: number;
  /** Bytes that it takes on the disk, with its indexes and what deleted rows left free. */
  totalBytes: number;
}

/** Idle connections to the exchange are closed by it after 5 s. */
const IDLE_LIMIT_MS = 15_000;

const TABLES = `select relname as name, pg_total_relation_size(oid)::float8 as taken from pg_class
  where relkind = 'r' and relname like any (array['chartctl%', 'rolling_chart_data'])`;
const rowBytesQuery = (table: string) => `select coalesce(sum(pg_column_size(t)), 0)::float8 as held from ${table} t`;
const CONNECTIONS = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;

/** Takes stock once everything idle is gone; garbage is collected first. */
export async function measureResources(world: SoakWorld, filesBefore = Infinity): Promise<ResourceUsage> {
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

async function measureTables({ server }: SoakWorld): Promise<ResourceUsage['tables']> {
  if (!server) return {};
  const tables = await server.query<{ name: string; taken: number }>(TABLES);
  const sizes = tables.map(async ({ name, taken }) => {
    const [rows] = await server.query<{ held: number }>(rowBytesQuery(name));
    return [name, { totalBytes: taken, rowBytes: rows!.held }] as const;
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
export function findGrowth(what: string, before: number, after: number, factor: number): string[] {
  return after > before * factor ? [`${what} crept from ${before.toFixed(1)} to ${after.toFixed(1)}`] : [];
}

const DAY_MS = 24 * HOUR_MS;
/** Each day after the person's own line, and before it for what it is going to remove. */
const MEASURED_AT = 55 * MINUTE_MS;
const INSPECTION_AT = 45 * MINUTE_MS;
/** Plain minutes at either end whose times are compared. */
const COMPARED_MINUTES = 100;
/**
 * What may grow: code gets compiled, days differ. Leaks grow for as long as there are minutes.
 *
 * `room` is what a table may take for each byte of its rows. Of an audit that keeps a day, as rows come by the minute
 * and go by the day, plain SQL over 30 days settles at 6.2: the two days before have left their space, and so have
 * theirs in two indexes. A transaction that is never ended, which keeps PostgreSQL from using such space again, makes
 * it twice that within the week.
 */
const LIMITS = { heap: 1.25, files: 8, cpu: 1.5, table: 1.3, room: 7 };
/** Bytes that a small table may grow by, and take whatever it holds: its pages are filled one by one. */
const SMALL_TABLE_BYTES = 256 * 1024;
/** Stocks before tables hold as much as retention lets them. */
const FILLING = 3;

/** What is noted while a simulation goes on, to see at its end whether anything crept. */
export class ResourceLog {
  readonly losses: string[] = [];
  /** Open files when nothing had run yet. */
  filesAtStart = Infinity;
  /** Rows before this minute were inspected, and may be gone. */
  inspectedUntil: Minute = 0;
  readonly #stocks: ResourceUsage[] = [];
  readonly #cpuMs: number[] = [];

  constructor(
    readonly world: SoakWorld,
    readonly keepDays: number | undefined,
  ) {}

  /** To be called before anything runs. */
  async begin(): Promise<void> {
    this.filesAtStart = (await measureResources(this.world)).files;
  }

  /** Takes note of a minute; once a day it inspects what is old and takes stock. */
  async record({ nowMs, isPlain, cpuMs }: SimulatedMinute, end: SoakOutcome): Promise<void> {
    if (isPlain) this.#cpuMs.push(cpuMs);
    if (nowMs % DAY_MS === INSPECTION_AT && this.keepDays !== undefined) {
      const until = nowMs - this.keepDays * DAY_MS + 10 * MINUTE_MS;
      const range = { from: this.inspectedUntil, to: until };
      this.losses.push(...(await inspectRows({ world: this.world, ...end }, range)));
      this.inspectedUntil = Math.max(until, this.inspectedUntil);
    }
    if (nowMs % DAY_MS === MEASURED_AT) await this.#takeStock();
  }

  /** What grew though nothing grew that it must hold, or is still open at the end. */
  findGrowths(atEnd: ResourceUsage): string[] {
    const steady = this.#stocks.slice(FILLING);
    const [first, last] = [steady[0] ?? atEnd, steady.at(-1) ?? atEnd];
    const cpu = [this.#cpuMs.slice(0, COMPARED_MINUTES), this.#cpuMs.slice(-COMPARED_MINUTES)].map(median);
    return [
      ...findGrowth('the heap (MB)', first.heapMb, last.heapMb, LIMITS.heap),
      ...findGrowth("a plain minute's processor time (ms)", cpu[0] ?? 0, cpu[1] ?? 0, LIMITS.cpu),
      ...Object.entries(last.tables).flatMap(([name, { rowBytes, totalBytes }]) => {
        const before = first.tables[name]!.rowBytes;
        return [
          ...findGrowth(`${name} (bytes of rows)`, Math.max(before, SMALL_TABLE_BYTES), rowBytes, LIMITS.table),
          ...findGrowth(
            `${name} (bytes, from those of its rows)`,
            rowBytes + SMALL_TABLE_BYTES,
            totalBytes,
            LIMITS.room,
          ),
        ];
      }),
      ...(atEnd.connections > 0 ? [`${atEnd.connections} connections to the database are still open`] : []),
      ...(atEnd.files > this.filesAtStart + LIMITS.files
        ? [`${atEnd.files} files are open, at first ${this.filesAtStart}`]
        : []),
    ];
  }

  /** The time of a plain minute as it was in each quarter of the simulation. */
  describeTimes(): string {
    const parts = [0, 0.25, 0.5, 0.75].map((share) => {
      const from = Math.floor(share * this.#cpuMs.length);
      return median(this.#cpuMs.slice(from, from + COMPARED_MINUTES))?.toFixed(1);
    });
    return `processor time of plain minutes, by quarters of the time: ${parts.join(', ')} ms\n`;
  }

  async #takeStock(): Promise<void> {
    const stock = await measureResources(this.world, this.filesAtStart);
    this.#stocks.push(stock);
    const inKb = (bytes: number) => (bytes / 1024).toFixed(0);
    const sizes = Object.entries(stock.tables).map(
      ([name, { rowBytes, totalBytes }]) => `${name} ${inKb(rowBytes)} of ${inKb(totalBytes)} kB`,
    );
    const { heapMb, files, connections } = stock;
    const held = `heap ${heapMb.toFixed(1)} MB, ${files} files, ${connections} connections`;
    process.stdout.write(`day ${this.#stocks.length}: ${[held, ...sizes].join(', ')}\n`);
  }
}
