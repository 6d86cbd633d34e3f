import { HOUR_MS, MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import { median } from '../../../src/quality/median.js';
import { inspectRows } from './inspect-rows.js';
import { findCreep, takeStock, type Holdings } from './resources.js';
import type { SimulatedMinute, SoakEnd } from './simulate.js';
import type { SoakWorld } from './soak-world.js';

const DAY_MS = 24 * HOUR_MS;
/** Each day after the person's own line, and before it for what it is going to remove. */
const STOCK_AT = 55 * MINUTE_MS;
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
const PAGES = 256 * 1024;
/** Stocks before tables hold as much as retention lets them. */
const FILLING = 3;

/** What is noted while a simulation goes on, to see at its end whether anything crept. */
export class Logbook {
  readonly losses: string[] = [];
  /** Open files when nothing had run yet. */
  filesAtStart = Infinity;
  /** Rows before this minute were inspected, and may be gone. */
  inspectedUntil: Minute = 0;
  readonly #stocks: Holdings[] = [];
  readonly #cpuMs: number[] = [];

  constructor(
    readonly world: SoakWorld,
    readonly keepDays: number | undefined,
  ) {}

  /** To be called before anything runs. */
  async begin(): Promise<void> {
    this.filesAtStart = (await takeStock(this.world)).files;
  }

  /** Takes note of a minute; once a day it inspects what is old and takes stock. */
  async note({ nowMs, isPlain, cpuMs }: SimulatedMinute, end: SoakEnd): Promise<void> {
    if (isPlain) this.#cpuMs.push(cpuMs);
    if (nowMs % DAY_MS === INSPECTION_AT && this.keepDays !== undefined) {
      const until = nowMs - this.keepDays * DAY_MS + 10 * MINUTE_MS;
      const range = { from: this.inspectedUntil, to: until };
      this.losses.push(...(await inspectRows({ world: this.world, ...end }, range)));
      this.inspectedUntil = Math.max(until, this.inspectedUntil);
    }
    if (nowMs % DAY_MS === STOCK_AT) await this.#takeStock();
  }

  /** What grew though nothing grew that it must hold, or is still open at the end. */
  findCreeps(atEnd: Holdings): string[] {
    const steady = this.#stocks.slice(FILLING);
    const [first, last] = [steady[0] ?? atEnd, steady.at(-1) ?? atEnd];
    const cpu = [this.#cpuMs.slice(0, COMPARED_MINUTES), this.#cpuMs.slice(-COMPARED_MINUTES)].map(median);
    return [
      ...findCreep('the heap (MB)', first.heapMb, last.heapMb, LIMITS.heap),
      ...findCreep("a plain minute's processor time (ms)", cpu[0] ?? 0, cpu[1] ?? 0, LIMITS.cpu),
      ...Object.entries(last.tables).flatMap(([name, { held, taken }]) => {
        const before = first.tables[name]!.held;
        return [
          ...findCreep(`${name} (bytes of rows)`, Math.max(before, PAGES), held, LIMITS.table),
          ...findCreep(`${name} (bytes, from those of its rows)`, held + PAGES, taken, LIMITS.room),
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
    const stock = await takeStock(this.world, this.filesAtStart);
    this.#stocks.push(stock);
    const inKb = (bytes: number) => (bytes / 1024).toFixed(0);
    const sizes = Object.entries(stock.tables).map(
      ([name, { held, taken }]) => `${name} ${inKb(held)} of ${inKb(taken)} kB`,
    );
    const { heapMb, files, connections } = stock;
    const held = `heap ${heapMb.toFixed(1)} MB, ${files} files, ${connections} connections`;
    process.stdout.write(`day ${this.#stocks.length}: ${[held, ...sizes].join(', ')}\n`);
  }
}
