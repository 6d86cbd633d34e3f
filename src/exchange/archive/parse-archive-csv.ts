import { type Candle, hasSameNumbers } from '../../core/candle.js';
import { floorMinute, formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findFault } from '../check-candles.js';
import { scanDecimal } from '../scan-decimal.js';
import { invalidLine, isDigit, parseTime, requireOneMinute, requirePeriod } from './kline-line.js';

/** The content of a CSV of klines. */
export interface ArchiveCandles {
  /** On the whole minute, in order, each minute once. */
  candles: Candle[];
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
const [COMMA, NEWLINE, RETURN] = [0x2c, 0x0a, 0x0d];

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
  const found: Candle[] = [];
  const offMinute = new Set<Minute>();
  const commas = new Int32Array(FIELDS);
  let rows = 0;
  let at = isDigit(csv[0]) ? 0 : skipHeader(csv);
  for (let line = at === 0 ? 1 : 2; at < csv.length; line += 1) {
    const newline = csv.indexOf(NEWLINE, at);
    const next = newline === -1 ? csv.length : newline + 1;
    const end = trimReturn(csv, at, newline === -1 ? csv.length : newline);
    if (end > at) {
      splitFields(csv, at, end, line, commas);
      const openTime = parseTime(csv, at, commas[0]!, line, 'open');
      requirePeriod(openTime, period, line);
      requireOneMinute(openTime, parseTime(csv, commas[5]! + 1, commas[6]!, line, 'close'), line);
      if (openTime % MINUTE_MS === 0) found.push(parseCandle(csv, openTime, commas, line));
      else offMinute.add(floorMinute(openTime));
      rows += 1;
    }
    at = next;
  }
  const { candles, conflicting, duplicates } = removeRepeated(found);
  return {
    candles: offMinute.size === 0 ? candles : candles.filter(({ openTime }) => !offMinute.has(openTime)),
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

function parseCandle(csv: Buffer, openTime: Minute, commas: Int32Array, line: number): Candle {
  const field = (i: number) => scanDecimal(csv, commas[i - 1]! + 1, commas[i]!);
  const candle = { openTime, open: field(1), high: field(2), low: field(3), close: field(4), volume: field(5) };
  const fault = findFault(candle);
  if (fault === undefined) return candle;
  const shown = csv.toString('latin1', commas[0]! + 1, commas[5]);
  throw invalidLine(line, `${formatMinute(openTime)}: ${fault}, in "${shown}"`);
}

/** Sorts by time if that is needed, and removes repeated rows; of rows of one minute that differ none stays. */
function removeRepeated(found: Candle[]): Pick<ArchiveCandles, 'candles' | 'conflicting' | 'duplicates'> {
  const isOrdered = found.every(({ openTime }, i) => i === 0 || openTime > found[i - 1]!.openTime);
  if (isOrdered) return { candles: found, conflicting: [], duplicates: 0 };
  const byMinute = new Map<Minute, Candle>();
  const conflicting = new Set<Minute>();
  let duplicates = 0;
  for (const candle of found) {
    const other = byMinute.get(candle.openTime);
    if (other === undefined) byMinute.set(candle.openTime, candle);
    else if (hasSameNumbers(other, candle)) duplicates += 1;
    else conflicting.add(candle.openTime);
  }
  const candles = [...byMinute.values()].filter(({ openTime }) => !conflicting.has(openTime));
  return {
    candles: candles.sort((a, b) => a.openTime - b.openTime),
    conflicting: [...conflicting].sort((a, b) => a - b),
    duplicates,
  };
}

/** The beginning of the second line, if the first one is a header. */
function skipHeader(csv: Buffer): number {
  const newline = csv.indexOf(NEWLINE);
  return newline === -1 ? csv.length : newline + 1;
}

function trimReturn(csv: Buffer, from: number, end: number): number {
  return end > from && csv[end - 1] === RETURN ? end - 1 : end;
}
