import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { DAY_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { inSnapshot } from '../../../src/database/snapshot.js';
import type { FormatName } from '../../../src/files/formats/formats.js';
import { COLUMN_DEFINITIONS, INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { rowAt } from '../../../src/rows/row-block.js';
import { findInstant } from '../../../src/tables/past/instant.js';
import { streamPastRows } from '../../../src/tables/past/past-rows.js';
import { startChartctl } from '../../harness/chartctl-process.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { ALL_TIME, type JobWorld } from '../../harness/job-world.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { stopAt } from '../kill/stop-at.js';
import { KILLED_LINES, type PastStep, perform } from './past-steps.js';

/** More than a day, for which `keepHistory` keeps the log. */
const DAYS_PASSED = 2;
/** Minutes that are stored at first: more than `keep` keeps. */
const STORED = 1_600;
/** Minutes of an exported file. */
const EXPORTED = 900;
const FORMATS = ['csv', 'jsonl', 'parquet'] as const satisfies readonly FormatName[];
/** A killed process is hit up to this write, and so long after it. */
const [MAX_WRITES, AFTER_WRITE_MS] = [3, 15];

/** The table after a step, and a file that was exported then. */
interface PastState {
  /** The export. */
  job: number;
  rows: readonly ChartRow[];
  file: { format: FormatName; sha256: string; range: typeof ALL_TIME };
  /** Days that have passed since then. */
  days: number;
  /** Whether the log was shortened to less than that. */
  isForgotten: boolean;
  after: string;
}

/** One symbol with random changes. After each of them its rows are read and exported. */
export class PastHistory {
  readonly states: PastState[] = [];
  readonly #world: JobWorld;
  readonly #symbol: string;
  readonly #folder: string;
  readonly #jobs: number[] = [];

  private constructor(world: JobWorld, folder: string) {
    this.#world = world;
    this.#folder = folder;
    this.#symbol = world.listSymbol(STORED + 600);
  }

  /** A symbol with rows, in a database whose audit log began long ago. */
  static async begin(world: JobWorld, folder: string): Promise<PastHistory> {
    const history = new PastHistory(world, folder);
    const symbol = history.#symbol;
    world.exchange.reveal();
    world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
    await world.asOwner(({ store }) => store.knex('chartctl_migrations').update({ migration_time: new Date(0) }));
    await backfill(world.context, { symbols: [symbol], minutes: STORED });
    return history;
  }

  async apply(step: PastStep): Promise<void> {
    if (step.kind === 'days') await this.#letDaysPass();
    else {
      const job = await perform(this.#world, this.#symbol, step, this.#jobs);
      if (job !== null) this.#jobs.push(job);
      if (job !== null && step.kind === 'keepHistory')
        for (const state of this.states) if (state.days > 0) state.isForgotten = true;
    }
    await this.#record(JSON.stringify(step));
  }

  /** Starts a command in a process of its own after some minutes, and kills it while it writes. */
  async kill(random: () => number): Promise<boolean> {
    const world = this.#world;
    const [command, ...flags] = KILLED_LINES[Math.floor(random() * KILLED_LINES.length)]!;
    world.advanceMinutes(5 + Math.floor(random() * 40));
    const { config } = world;
    const environment = { HOME: this.#folder, ...databaseEnvironment(config), ...world.exchange.environment };
    const start = () => startChartctl([command, this.#symbol, ...flags], { cwd: this.#folder, environment });
    const instant = { write: 1 + Math.floor(random() * MAX_WRITES), afterMs: random() * AFTER_WRITE_MS };
    const { signal } = await stopAt({ config, folder: this.#folder }, start, 'SIGKILL', instant);
    await this.#waitForServer();
    this.#jobs.push(await this.#findLastJob());
    await this.#record(`kill -9 of ${command} ${flags.join(' ')}`);
    return signal === 'SIGKILL';
  }

  /**
   * Every state is found again by the audit log, and every file is made again, or the log says that it does not reach so far.
   *
   * @returns how many files differed from the last one, and how many states the log does not reach
   */
  async check(): Promise<{ differing: number; forgotten: number }> {
    const symbols = [this.#symbol];
    const again = join(this.#folder, 'again');
    let [differing, forgotten] = [0, 0];
    for (const { job, rows, file, days, isForgotten, after } of this.states) {
      const { sha256, ...wanted } = file;
      const make = () =>
        exportTrainingSet(this.#world.context, { ...wanted, symbols, out: `${again}.${file.format}`, asOf: { job } });
      if (isForgotten) {
        assert.is((await expectFailure(make())).code, 'BEFORE_AUDIT', after);
        forgotten += 1;
        continue;
      }
      assertSameRows(await this.#reconstruct(job), rows, days, after);
      const { file: made } = await make();
      assert.is(made!.sha256, sha256, `the ${file.format} file after ${after}`);
      const last = this.states.findLast((state) => state.file.format === file.format)!;
      if (sha256 !== last.file.sha256) differing += 1;
    }
    return { differing, forgotten };
  }

  async #record(after: string): Promise<void> {
    const world = this.#world;
    const format = FORMATS[this.states.length % FORMATS.length]!;
    const range = { from: world.now - EXPORTED * MINUTE_MS, to: world.now };
    const out = join(this.#folder, `state.${format}`);
    const { jobId, file } = await exportTrainingSet(world.context, { symbols: [this.#symbol], out, format, range });
    this.states.push({
      ...{ job: jobId!, rows: await world.rows(this.#symbol), file: { format, range, sha256: file!.sha256 } },
      ...{ days: 0, isForgotten: false, after: `step ${this.states.length + 1}, ${after}` },
    });
  }

  /** Moves all that the database remembers of the symbol into the past. */
  async #letDaysPass(): Promise<void> {
    const earlier = (column: string) => `${column} = ${column} - interval '${DAYS_PASSED} days'`;
    const image = `before = CASE WHEN before->>'written_at' IS NULL THEN before ELSE jsonb_set(before, '{written_at}',
      to_jsonb((before->>'written_at')::timestamptz - interval '${DAYS_PASSED} days')) END`;
    await this.#world.asOwner(async ({ store: { knex } }) => {
      for (const [table, ...changes] of [
        ['chartctl_changes', earlier('changed_at'), image],
        ['chartctl_inserts', earlier('inserted_at')],
        ['chartctl_flags', earlier('set_at')],
        ['chartctl_trainings', ...['trained_at', 'written_until', 'audited_until'].map(earlier)],
        ['rolling_chart_data', earlier('written_at')],
      ] as const) {
        await knex.raw(`UPDATE ${table} SET ${changes.join(', ')} WHERE symbol = ?`, [this.#symbol]);
      }
      const jobTimes = ['started_at', 'finished_at'].map(earlier).join(', ');
      await knex.raw(`UPDATE chartctl_jobs SET ${jobTimes} WHERE ? = ANY(symbols)`, [this.#symbol]);
    });
    for (const state of this.states) state.days += DAYS_PASSED;
  }

  /** Waits until the server has ended the transaction of a killed process. */
  async #waitForServer(): Promise<void> {
    const { knex } = this.#world.store;
    for (;;) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' LIMIT 1`,
      );
      if (rows.length === 0) return;
      await sleep(10);
    }
  }

  async #findLastJob(): Promise<number> {
    const { rows } = await this.#world.store.knex.raw<{ rows: { id: string }[] }>(
      `SELECT max(id) AS id FROM chartctl_jobs WHERE ? = ANY(symbols) AND command <> 'export-training-set'`,
      [this.#symbol],
    );
    return Number(rows[0]!.id);
  }

  /** The rows at the end of a job by the audit log. */
  async #reconstruct(job: number): Promise<ChartRow[]> {
    return inSnapshot(this.#world.store.knex, async (trx) => {
      const instant = await findInstant(trx, { job }, [this.#symbol]);
      const rows: ChartRow[] = [];
      for await (const past of streamPastRows(trx, this.#symbol, ALL_TIME, instant.cutOf(this.#symbol))) {
        for (let at = 0; at < past.rows.length; at += 1) {
          assert.not(past.isUnknown(at));
          rows.push(rowAt(past.rows, at));
        }
      }
      return rows;
    });
  }
}

/** Candles, sources, flags and times are equal, indicators within the tolerances of every path to a row. */
function assertSameRows(found: readonly ChartRow[], wanted: readonly ChartRow[], days: number, after: string): void {
  const exact = (rows: readonly ChartRow[], passed: number) =>
    rows.map(({ writtenAt, ...row }) => ({
      ...{ ...row, indicators: null },
      writtenAt: writtenAt && writtenAt.getTime() - passed * DAY_MS,
    }));
  assert.equal(exact(found, 0), exact(wanted, days), after);
  for (const [i, { indicators, openTime, close }] of found.entries()) {
    for (const column of INDICATOR_COLUMNS) {
      const [a, b] = [indicators[column], wanted[i]!.indicators[column]];
      const { absolute = 0, ofClose = 0, ofValue = 0 } = COLUMN_DEFINITIONS[column].tolerance;
      const limit = 10 * (absolute + ofClose * close! + ofValue * Math.abs(b ?? 0));
      const isClose = a === b || (a !== null && b !== null && Math.abs(a - b) <= limit);
      assert.ok(isClose, `${after}: ${column} of ${new Date(openTime).toISOString()}: ${a} and ${b}`);
    }
  }
}
