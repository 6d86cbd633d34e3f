import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DAY_MS, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { median } from '../../../src/quality/median.js';
import { inspectRows } from './inspect-rows.js';
import type { SimulatedMinute, SoakOutcome } from './simulate.js';
import { type SoakWorld, TEMPORARY } from './soak-world.js';

/** The resources that a simulation uses. */
export interface ResourceUsage {
  heapMb: number;
  /** Open files, sockets included. */
  files: number;
  /** Connections to the database other than that of the trial; 0 for the embedded one. */
  connections: number;
  /** Each table by its name; empty for the embedded database. */
  tables: Record<string, TableSize>;
}

/** How large a table is. */
export interface TableSize {
  /** Bytes of its rows. */
  rowBytes: number;
  /** Bytes on the disk, with indexes and the space of deleted rows. */
  totalBytes: number;
}

/** The exchange closes idle connections after 5 s. */
const IDLE_LIMIT_MS = 15_000;

const TABLES = `select relname as name, pg_total_relation_size(oid)::float8 as total_bytes from pg_class
  where relkind = 'r' and relname like any (array['chartctl%', 'rolling_chart_data'])`;
const rowBytesQuery = (table: string) =>
  `select coalesce(sum(pg_column_size(t)), 0)::float8 as row_bytes from ${table} t`;
const CONNECTIONS = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;

/** Measures the resources after idle connections are closed and garbage is collected. */
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
  const tables = await server.query<{ name: string; total_bytes: number }>(TABLES);
  const sizes = tables.map(async ({ name, total_bytes: totalBytes }) => {
    const [rows] = await server.query<{ row_bytes: number }>(rowBytesQuery(name));
    return [name, { totalBytes, rowBytes: rows!.row_bytes }] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}

async function countConnections({ server }: SoakWorld): Promise<number> {
  const [found] = (await server?.query<{ count: number }>(CONNECTIONS)) ?? [];
  return found?.count ?? 0;
}

/** Files that jobs left behind. */
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

/** One sentence when the later of two values is more than `factor` times the earlier one. */
function findGrowth(what: string, before: number, after: number, factor: number): string[] {
  return after > before * factor ? [`${what} grew from ${before.toFixed(1)} to ${after.toFixed(1)}`] : [];
}

/** The time of day of measurements (after the retention line), and of the inspection of rows before they are removed. */
const MEASURED_AT = 55 * MINUTE_MS;
const INSPECTION_AT = 45 * MINUTE_MS;
/** The number of undisturbed minutes at either end whose CPU times are compared. */
const COMPARED_MINUTES = 100;
/**
 * The allowed growth. Leaks grow with every minute and exceed any of these limits.
 *
 * `room` is the size of a table for each byte of its rows. For an audit log that keeps one day, inserted by the minute
 * and removed by the day, plain SQL over 30 days settles at 6.2: the space of the two previous days, also in two
 * indexes. A transaction that is never ended, which keeps PostgreSQL from reusing space, makes
 * it twice that within the week.
 */
const LIMITS = { heap: 1.25, files: 8, cpu: 1.5, table: 1.3, room: 7 };
/** Bytes that a small table may grow by: its pages are filled one by one. */
const SMALL_TABLE_BYTES = 256 * 1024;
/** The number of first measurements to skip: tables still grow to the size that retention allows. */
const FILLING = 3;

/** Records the resources during a simulation and finds growth at its end. */
export class ResourceLog {
  readonly losses: string[] = [];
  /** Open files before the first job. */
  filesAtStart = Infinity;
  /** Rows before this minute were inspected and may be removed. */
  inspectedUntil: Minute = 0;
  readonly #stocks: ResourceUsage[] = [];
  readonly #cpuMs: number[] = [];

  constructor(
    readonly world: SoakWorld,
    readonly keepDays: number | undefined,
  ) {}

  /** Call it before the first job. */
  async begin(): Promise<void> {
    this.filesAtStart = (await measureResources(this.world)).files;
  }

  /** Records a minute; inspects old rows and measures the resources once a day. */
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

  /** One sentence for each resource that grew without a reason or is still open at the end. */
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

  /** The CPU time of an undisturbed minute in each quarter of the simulation. */
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
