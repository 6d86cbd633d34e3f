import { areSoundNumbers, type Candle, hasSameNumbers } from '../../core/candle.js';
import { floorMinute, formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { type CandleColumns, createColumns, sliceColumns, toCandles, toColumns } from '../../rows/candle-columns.js';
import { findFault } from '../check-candles.js';
import { scanDecimal } from '../scan-decimal.js';
import { findLineEnd, invalidLine, isDigit, parseTime, requireOneMinute, requirePeriod } from '../kline-line.js';

/** The content of a CSV of klines. */
export interface ArchiveCandles {
  /** On the whole minute, in order, each minute once. */
  candles: CandleColumns;
  /** The minutes in which a kline off the minute begins, in order; they have no candle. */
  offMinute: Minute[];
  /** The minutes with several rows that differ, in order; they have no candle. */
  conflicting: Minute[];
  /** Rows that repeat another one. */
  duplicates: number;
  /** All rows. */
  rows: number;
}

const FIELDS = 12;
const [COMMA, NEWLINE] = [0x2c, 0x0a];

/**
 * Reads the rows of a kline CSV: 12 fields as in Binance's API, no header or one line of it.
 *
 * Binance's files have milliseconds up to 2024 and microseconds from 2025 on: the digits of each row decide. Klines off
 * the minute are Binance's own (2017-12, 2018-02); they and the klines that they cut short cost their minutes. Identical
 * rows are one; of rows of one minute that differ none is taken. Anything else that is not a sound candle of the period
 * makes the whole file invalid: a file with such a row was made by a process that went wrong.
 *
 * @param period the minutes that the file may hold
 * @throws ArchiveFault (`content`) that names the line and what it held
 */
export function parseArchiveCsv(csv: Buffer, period: MinuteRange): ArchiveCandles {
  const found = createColumns(countLines(csv));
  const offMinute = new Set<Minute>();
  const commas = new Int32Array(FIELDS);
  let [rows, length, isOrdered] = [0, 0, true];
  let at = isDigit(csv[0]) ? 0 : findLineEnd(csv, 0).next; // the first line may be a header
  for (let line = at === 0 ? 1 : 2; at < csv.length; line += 1) {
    const { end, next } = findLineEnd(csv, at);
    if (end > at) {
      splitFields(csv, at, end, line, commas);
      const openTime = parseTime(csv, at, commas[0]!, line, 'open');
      requirePeriod(openTime, period, line);
      requireOneMinute(openTime, parseTime(csv, commas[5]! + 1, commas[6]!, line, 'close'), line);
      if (openTime % MINUTE_MS === 0) {
        isOrdered &&= length === 0 || openTime > found.openTime[length - 1]!;
        parseCandle(csv, openTime, commas, line, found, length);
        length += 1;
      } else offMinute.add(floorMinute(openTime));
      rows += 1;
    }
    at = next;
  }
  const all = sliceColumns(found, 0, length);
  const isRegular = isOrdered && offMinute.size === 0;
  const { candles, conflicting, duplicates } = isRegular ? regular(all) : removeIrregular(toCandles(all), offMinute);
  return {
    candles,
    offMinute: [...offMinute].sort((a, b) => a - b),
    conflicting,
    duplicates,
    rows,
  };
}

/** Finds the commas of a line and where it ends. */
function splitFields(csv: Buffer, from: number, end: number, line: number, commas: Int32Array): void {
  let fields = 0;
  for (let i = from; i < end; i += 1) {
    if (csv[i] !== COMMA) continue;
    if (fields < FIELDS) commas[fields] = i;
    fields += 1;
  }
  if (fields !== FIELDS - 1) throw invalidLine(line, `it has ${fields + 1} fields, expected ${FIELDS}`);
  commas[FIELDS - 1] = end;
}

/** Puts the candle of a line into the columns. */
function parseCandle(
  csv: Buffer,
  openTime: Minute,
  commas: Int32Array,
  line: number,
  columns: CandleColumns,
  at: number,
): void {
  const field = (i: number) => scanDecimal(csv, commas[i - 1]! + 1, commas[i]!);
  const [open, high, low, close, volume] = [field(1), field(2), field(3), field(4), field(5)];
  if (!areSoundNumbers(open, high, low, close, volume)) {
    const shown = csv.toString('latin1', commas[0]! + 1, commas[5]);
    const fault = findFault({ openTime, open, high, low, close, volume });
    throw invalidLine(line, `${formatMinute(openTime)}: ${fault}, in "${shown}"`);
  }
  columns.openTime[at] = openTime;
  columns.open[at] = open;
  columns.high[at] = high;
  columns.low[at] = low;
  columns.close[at] = close;
  columns.volume[at] = volume;
}

type Selected = Pick<ArchiveCandles, 'candles' | 'conflicting' | 'duplicates'>;

function regular(candles: CandleColumns): Selected {
  return { candles, conflicting: [], duplicates: 0 };
}

/** Sorts by time, and removes repeated rows, of rows of one minute that differ all, and those of minutes off the grid. */
function removeIrregular(found: readonly Candle[], offMinute: ReadonlySet<Minute>): Selected {
  const byMinute = new Map<Minute, Candle>();
  const conflicting = new Set<Minute>();
  let duplicates = 0;
  for (const candle of found) {
    const other = byMinute.get(candle.openTime);
    if (other === undefined) byMinute.set(candle.openTime, candle);
    else if (hasSameNumbers(other, candle)) duplicates += 1;
    else conflicting.add(candle.openTime);
  }
  const candles = [...byMinute.values()].filter(
    ({ openTime }) => !conflicting.has(openTime) && !offMinute.has(openTime),
  );
  return {
    candles: toColumns(candles.sort((a, b) => a.openTime - b.openTime)),
    conflicting: [...conflicting].sort((a, b) => a - b),
    duplicates,
  };
}

function countLines(csv: Buffer): number {
  let lines = 1;
  for (let at = csv.indexOf(NEWLINE); at !== -1; at = csv.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
