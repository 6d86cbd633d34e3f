import type { Knex } from 'knex';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import { type CandleSeries, createSeries, growSeries, sliceSeries } from '../../rows/candle-series.js';
import { isSoundAt } from '../../rows/row-block.js';
import { CHART_TABLE } from './columns.js';
import { findSpan } from './read-rows.js';

/** Room for at most so many rows at first (10 years; untouched memory costs nothing): their time may be nearly empty. */
const MAX_INITIAL_CAPACITY = 5_300_000;
const MIN_CAPACITY = 1_000;

/** Reads every row of a symbol; the index gives them in order. */
export const SCAN_SQL = `SELECT timestamp, open, high, low, close, volume, source = 'FALLBACK', hasmissingdata
  FROM ${CHART_TABLE} WHERE symbol = ? ORDER BY timestamp`;

/** What one pass over all rows of a symbol finds, in the order of time. */
export interface ScannedRows {
  /** All of them. */
  count: number;
  /** Rows that do not stand on a whole minute; nothing else is said of them. */
  offMinute: number;
  /** The sound ones. */
  series: CandleSeries;
  /** Where the others are. */
  unsound: Minute[];
  /** Where `hasMissingData` is set. */
  flagged: Minute[];
}

/** Reads all rows of a symbol in one pass; only the columns stay in memory. */
export async function scanRows(trx: Knex.Transaction, symbol: string): Promise<ScannedRows> {
  const span = await findSpan(trx, symbol);
  const minutes = span ? Math.ceil(countMinutes({ from: span.first, to: span.last + MINUTE_MS })) : 0;
  const sweep = new RowScan(minutes <= MAX_INITIAL_CAPACITY ? minutes : MIN_CAPACITY);
  await copyOutRows(trx, `COPY (${SCAN_SQL}) TO STDOUT (FORMAT binary)`, [symbol], sweep.take);
  return sweep.found;
}

class RowScan {
  readonly #reader = new BinaryReader();
  readonly #unsound: Minute[] = [];
  readonly #flagged: Minute[] = [];
  #series: CandleSeries;
  #length = 0;
  #count = 0;
  #offMinute = 0;

  /** @param capacity how many rows there will be, as far as is known */
  constructor(capacity: number) {
    this.#series = createSeries(capacity);
  }

  get found(): ScannedRows {
    const series = sliceSeries(this.#series, 0, this.#length);
    return { count: this.#count, offMinute: this.#offMinute, series, unsound: this.#unsound, flagged: this.#flagged };
  }

  /** Takes one row of the server's. */
  readonly take = (bytes: Buffer, start: number, end: number): void => {
    const reader = this.#reader;
    if (!reader.startRow(bytes, start, end)) return;
    this.#count += 1;
    const openTime = reader.readMinute();
    if (Number.isNaN(openTime)) {
      this.#offMinute += 1;
      return;
    }
    if (this.#length === this.#series.length) this.#grow();
    const [series, at] = [this.#series, this.#length];
    series.openTime[at] = openTime;
    series.open[at] = reader.readNumber();
    series.high[at] = reader.readNumber();
    series.low[at] = reader.readNumber();
    series.close[at] = reader.readNumber();
    series.volume[at] = reader.readNumber();
    series.isFallback[at] = Number(reader.readBoolean());
    if (reader.readBoolean()) this.#flagged.push(openTime);
    if (isSoundAt(series, at)) this.#length += 1;
    else this.#unsound.push(openTime);
  };

  #grow(): void {
    this.#series = growSeries(this.#series, Math.max(MIN_CAPACITY, 2 * this.#length));
  }
}

/**
 * Has the rest of the transaction find rows by the index, however many they are.
 *
 * For some per cent of a symbol's rows, all over its time, the planner would read the whole table each time; sorted
 * look-ups in the index take a third of that.
 */
export async function preferIndex(trx: Knex.Transaction): Promise<void> {
  // a scan that cannot be avoided then seems to cost so much that each statement with one would be compiled first
  await trx.raw('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
}
