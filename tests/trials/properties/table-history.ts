import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { JobResult } from '../../../src/jobs/job.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { undo } from '../../../src/jobs/undo.js';
import { type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';
import { compareTables } from './compare-tables.js';
import { type BackfillOptions, findAbnormalRows, TableModel } from './table-model.js';
import type { Disturbance, Job, Step } from './table-steps.js';

/** The minutes of a new symbol at Binance; its first ingest stores them all. */
const AVAILABLE_MINUTES = 580;
/** Without a candle after this time a minute counts as absent at Binance. */
const PUBLISHED_MS = 5 * MINUTE_MS;
const NULLS = INDICATOR_COLUMNS.map((column) => `${column} = NULL`).join(', ');

/** The state before a job. */
interface TableSnapshot {
  tables: Pick<TableModel, 'rows' | 'flags'>;
  isTidy: boolean;
}

/** The history of one symbol in the database and in the model: after every step both must be equal. */
export class TableHistory {
  readonly #world: JobWorld;
  readonly #symbol: string;
  readonly #hidden = new Set<Minute>();
  #model = new TableModel();
  /** Whether no candle was changed by SQL since the last rebuild: then every indicator must be right. */
  #isTidy = true;
  /** The newest job that changed something, and the state before it, for undo. */
  #last: { id: number; before: TableSnapshot } | undefined;

  constructor(world: JobWorld) {
    this.#world = world;
    world.exchange.reveal();
    this.#symbol = world.listSymbol(AVAILABLE_MINUTES);
    world.bybit.put(this.#symbol, world.binance.candles(this.#symbol, world.binance.extent(this.#symbol)));
  }

  /** Applies a step to the database and the model; returns the first difference, if any. */
  async apply(step: Step): Promise<string | undefined> {
    if ('disturbance' in step) await this.#disturb(step.disturbance);
    else await this.#runJob(step.job);
    const { store } = this.#world;
    return compareTables(store, this.#symbol, this.#model, { isTidy: this.#isTidy });
  }

  async #disturb(disturbance: Disturbance): Promise<void> {
    const { world, model } = { world: this.#world, model: this.#model };
    if (disturbance.kind === 'pass') return world.advanceMinutes(disturbance.minutes);
    if (disturbance.kind === 'reveal') {
      this.#hidden.clear();
      return world.exchange.reveal();
    }
    const minute = world.now - disturbance.age * MINUTE_MS;
    const candle = world.binance.get(this.#symbol, minute)!;
    if (disturbance.kind === 'revise') return world.binance.put(this.#symbol, [reviseCandle(candle)]);
    if (disturbance.kind === 'spike')
      return world.binance.put(this.#symbol, [{ ...candle, volume: candle.volume * 1e4 }]);
    if (disturbance.kind === 'hide') {
      for (const later of [0, 1, 2]) this.#hidden.add(minute + later * MINUTE_MS);
      return world.exchange.hide(this.#symbol, { from: minute, to: minute + 3 * MINUTE_MS });
    }
    const row = model.rows.get(minute);
    if (!row) return;
    this.#last = undefined; // the table has changed since that job: it is not undone any more
    if (disturbance.kind === 'flag') {
      row.isFlagged = true;
      return this.#change(minute, 'UPDATE rolling_chart_data SET hasMissingData = true');
    }
    this.#isTidy = false;
    if (disturbance.kind === 'lose') {
      model.rows.delete(minute);
      return this.#change(minute, 'DELETE FROM rolling_chart_data');
    }
    if (disturbance.kind === 'corrupt') {
      row.close = NaN;
      return this.#change(minute, `UPDATE rolling_chart_data SET close = 'NaN'`);
    }
    const isOther = disturbance.kind === 'legacyOther';
    Object.assign(row, { isManaged: false, isComplete: false, volume: row.volume! + (isOther ? 1 : 0) });
    const more = isOther ? 'volume + 1' : 'volume';
    const platform = `UPDATE rolling_chart_data SET written_at = NULL, isComplete = false, ${NULLS}, volume = ${more}`;
    return this.#change(minute, platform);
  }

  async #change(minute: Minute, sql: string): Promise<void> {
    const where = `${sql} WHERE symbol = ? AND timestamp = ?`;
    await this.#world.store.knex.raw(where, [this.#symbol, new Date(minute)]);
  }

  async #runJob(job: Job): Promise<void> {
    if (job.kind === 'undo') return this.#undo();
    if (job.kind === 'clean') this.#adoptFlags(); // undo does not remove the records of external flags
    const before = this.#copy();
    const id = await this.#run(job);
    if (job.kind === 'ingest' || job.kind === 'ingestBlocked') this.#modelIngest(job.kind === 'ingestBlocked');
    if (job.kind === 'ingestAt') this.#modelIngestAt(this.#world.now - job.age * MINUTE_MS);
    if (job.kind === 'backfill') this.#modelBackfill(job);
    if (job.kind === 'clean') this.#modelClean(job);
    if (job.kind === 'rebuild') this.#modelRebuild();
    if (id !== null) this.#last = { id, before };
  }

  async #run(job: Exclude<Job, { kind: 'undo' }>): Promise<number | null> {
    const { world } = { world: this.#world };
    const symbols = [this.#symbol];
    const at = 'age' in job ? world.now - job.age * MINUTE_MS : undefined;
    if (at !== undefined && this.#hidden.has(at)) return null; // ingest would wait for Binance
    if (job.kind === 'ingestBlocked') {
      world.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
      world.context.market = openMarket(world.exchange.config);
    }
    try {
      if (job.kind === 'rebuild') return idOf(await rebuild(world.context, { symbols }));
      if (job.kind === 'backfill') return idOf(await backfill(world.context, { ...job, symbols }));
      if (job.kind === 'clean')
        return idOf(await clean(world.context, { ...job, symbols, accept: this.#toAccept(job) }));
      return idOf(await ingest(world.context, { symbols, at }));
    } finally {
      world.exchange.faults.clear();
      world.context.market = openMarket(world.exchange.config);
    }
  }

  #toAccept({ accept }: Extract<Job, { kind: 'clean' }>) {
    if (accept === undefined) return undefined;
    const minutes = accept === 'all-open' ? accept : accept.map((age) => this.#world.now - age * MINUTE_MS);
    return { minutes, reason: 'seen elsewhere' };
  }

  async #undo(): Promise<void> {
    if (!this.#last) return;
    const { id, before } = this.#last;
    const now = this.#copy();
    const { jobId, exitCode, outcomes } = await undo(this.#world.context, { job: id });
    if (exitCode !== 0) throw new Error(`undo of job ${id} ended with ${exitCode}: ${JSON.stringify(outcomes)}`);
    Object.assign(this.#model, before.tables);
    this.#isTidy = before.isTidy;
    this.#last = jobId === null || outcomes.length === 0 ? undefined : { id: jobId, before: now };
  }

  #copy(): TableSnapshot {
    return { tables: this.#model.copy(), isTidy: this.#isTidy };
  }

  /** Binance's candle of a minute as served, with 8 decimals. */
  #served(minute: Minute): Candle | undefined {
    const candle = this.#hidden.has(minute) ? undefined : this.#world.binance.get(this.#symbol, minute);
    if (!candle) return undefined;
    const { openTime, ...numbers } = candle;
    const [open, high, low, close, volume] = [
      numbers.open,
      numbers.high,
      numbers.low,
      numbers.close,
      numbers.volume,
    ].map((number) => Number(number.toFixed(8))) as [number, number, number, number, number];
    return { openTime, open, high, low, close, volume };
  }

  /** Stores all minutes since the last one; when Binance is blocked only the newest one, from a fallback exchange. */
  #modelIngest(isBlocked: boolean): void {
    const newest = this.#world.now - MINUTE_MS;
    const last = Math.max(...this.#model.rows.keys(), newest - 1000 * MINUTE_MS);
    if (isBlocked && last < newest && this.#model.hasReference())
      this.#model.answer(this.#world.bybit.get(this.#symbol, newest)!, 'FALLBACK');
    for (let minute = last + MINUTE_MS; minute <= newest && !isBlocked; minute += MINUTE_MS) this.#modelLive(minute);
    this.#refresh();
  }

  /** A minute and its warm-up. */
  #modelIngestAt(at: Minute): void {
    if (this.#hidden.has(at)) return;
    for (let minute = at - 400 * MINUTE_MS; minute <= at; minute += MINUTE_MS) this.#modelLive(minute);
    this.#refresh();
  }

  /** Only the newest closed minute has the source BINANCE; older ones are backfilled. */
  #modelLive(minute: Minute): void {
    const candle = this.#served(minute);
    const isLive = minute === this.#world.now - MINUTE_MS;
    if (candle) this.#model.answer(candle, isLive ? 'BINANCE' : 'BINANCE_BACKFILL');
  }

  #modelBackfill({ minutes, fillGaps, ...wishes }: Extract<Job, { kind: 'backfill' }>): void {
    const { now } = this.#world;
    const from = now - minutes * MINUTE_MS;
    this.#modelAsking(this.#model.plan(from, now, wishes), wishes);
    for (let minute = from; minute < now && fillGaps; minute += MINUTE_MS) {
      const candle = this.#world.bybit.get(this.#symbol, minute);
      const isGap = this.#model.absent.has(minute) && !this.#model.rows.has(minute);
      if (isGap && candle && this.#model.hasReference()) this.#model.answer(candle, 'FALLBACK');
    }
    this.#refresh();
  }

  /** Applies Binance's response: a candle, or an absent minute. */
  #modelAsking(minutes: Iterable<Minute>, wishes: BackfillOptions): void {
    for (const minute of minutes) {
      const candle = this.#served(minute);
      if (candle) this.#model.answer(candle, 'BINANCE_BACKFILL', wishes);
      else if (minute < this.#world.now - PUBLISHED_MS) this.#model.absent.add(minute);
    }
  }

  #modelClean(job: Extract<Job, { kind: 'clean' }>): void {
    const model = this.#model;
    const flaggedBefore = this.#flagged();
    this.#flagAbnormal();
    const asked = this.#toAccept(job)?.minutes ?? [];
    // "all-open" excludes the flags of this run
    const accepted = asked === 'all-open' ? flaggedBefore : asked.filter((minute) => model.rows.get(minute)?.isFlagged);
    for (const minute of accepted) model.settle(minute, 'accepted');
    if (job.repair) {
      do this.#modelRepair(job.keepFlagged);
      while (this.#flagAbnormal()); // repaired rows change the statistics, so that more rows can be flagged
    }
    this.#refresh();
  }

  /** Whether any row got a new flag. */
  #flagAbnormal(): boolean {
    const { unsound, spikes } = findAbnormalRows(this.#model.rows);
    const raised = [
      ...unsound.map((minute) => this.#model.flag(minute, 'unsound')),
      ...spikes.map((minute) => this.#model.flag(minute, 'volume_spike')),
    ];
    return raised.includes(true);
  }

  #modelRepair(keepFlagged: boolean): void {
    const model = this.#model;
    const wanted = this.#flagged().filter((minute) => !(keepFlagged && model.isKeptFlagged(minute)));
    this.#modelAsking(
      wanted.filter((minute) => !model.absent.has(minute)),
      { keepFlagged },
    );
  }

  /** Adds records for flags that were set by SQL. */
  #adoptFlags(): void {
    for (const minute of this.#flagged()) this.#model.adopt(minute);
  }

  #flagged(): Minute[] {
    return [...this.#model.rows].filter(([, row]) => row.isFlagged).map(([minute]) => minute);
  }

  #modelRebuild(): void {
    this.#isTidy = true;
    this.#refresh();
  }

  /** Without changes by SQL every job leaves all rows complete that can be. */
  #refresh(): void {
    if (!this.#isTidy) return;
    for (const [minute, row] of this.#model.rows) row.isComplete = this.#model.shouldBeComplete(minute);
  }
}

/** The id of a job that succeeded. */
function idOf({ jobId, exitCode, outcomes }: JobResult<unknown>): number | null {
  const failure = outcomes.find((outcome) => outcome.failure)?.failure;
  if (failure) throw new Error(`the job ended with ${exitCode}: ${failure.message}`, { cause: failure });
  return jobId;
}
