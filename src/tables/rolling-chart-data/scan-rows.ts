import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes } from '../../core/range.js';
import { copyOutRows } from '../../database/copy.js';
import { BinaryReader } from '../../database/format/binary-format.js';
import type { Transaction } from '../../database/store.js';
import { type CandleSeries, createSeries, growSeries, sliceSeries } from '../../rows/candle-series.js';
import { isSoundAt } from '../../rows/row-block.js';
import { CHART_TABLE } from './columns.js';
import { findSpan } from './row-ends.js';

/**
 * Rows for which memory is allocated at first: the minutes of the symbol's span, unless they are more than 10 years.
 * Memory that is never written to costs nothing.
 */
const MAX_INITIAL_CAPACITY = 5_300_000;
const MIN_CAPACITY = 1_000;

/** The query of a scan. Its order is that of the index, so nothing is sorted. */
export const SCAN_SQL = `SELECT timestamp, open, high, low, close, volume, source = 'FALLBACK', hasmissingdata
  FROM ${CHART_TABLE} WHERE symbol = ? ORDER BY timestamp`;

/** All rows of a symbol, ordered by time. */
export interface ScannedRows {
  /** The number of rows, the others included. */
  count: number;
  /** The number of rows whose timestamp is not a whole minute; they are in none of the lists. */
  offMinute: number;
  /** The sound candles. */
  series: CandleSeries;
  /** The minutes of the unsound candles. */
  unsound: Minute[];
  /** The minutes at which `hasMissingData` is set. */
  flagged: Minute[];
}

/** Reads all rows of a symbol in one pass, into typed arrays. */
export async function scanRows(trx: Transaction, symbol: string): Promise<ScannedRows> {
  const span = await findSpan(trx, symbol);
  const minutes = span ? Math.ceil(countMinutes({ from: span.first, to: span.last + MINUTE_MS })) : 0;
  const scan = new RowScan(minutes <= MAX_INITIAL_CAPACITY ? minutes : MIN_CAPACITY);
  await copyOutRows(trx, `COPY (${SCAN_SQL}) TO STDOUT (FORMAT binary)`, [symbol], scan.add);
  return scan.found;
}

class RowScan {
  readonly #reader = new BinaryReader();
  readonly #unsound: Minute[] = [];
  readonly #flagged: Minute[] = [];
  #series: CandleSeries;
  #length = 0;
  #count = 0;
  #offMinute = 0;

  /** @param capacity the expected number of rows; the series grows when there are more */
  constructor(capacity: number) {
    this.#series = createSeries(capacity);
  }

  get found(): ScannedRows {
    const series = sliceSeries(this.#series, 0, this.#length);
    return { count: this.#count, offMinute: this.#offMinute, series, unsound: this.#unsound, flagged: this.#flagged };
  }

  /** Adds one row of the server's response. */
  readonly add = (bytes: Buffer, start: number, end: number): void => {
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
 * Makes the planner use the index for the rest of the transaction.
 *
 * For a few per cent of a symbol's rows, spread over its whole span, the planner would otherwise scan the whole table
 * each time; sorted index look-ups take a third of that.
 */
export async function preferIndex(trx: Transaction): Promise<void> {
  // without a scan of the table the planner's cost estimates become so high that JIT compilation would start
  await trx.raw('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
}
