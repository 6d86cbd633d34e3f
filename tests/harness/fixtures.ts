import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Candle } from '../../src/core/candle.js';

const FOLDER = join('tests', 'fixtures');

/** Closed candles that Binance revised. */
export interface RevisedCandles {
  /** As Binance served them first. */
  before: Candle[];
  /** As Binance serves them today. */
  after: Candle[];
}

/** The text of a file of tests/fixtures, by its path there. */
export function readFixture(path: string): string {
  return readText(join(FOLDER, path));
}

/** A file of tests/fixtures as it is. */
export function readFixtureBytes(path: string): Buffer {
  return readFileSync(join(FOLDER, path));
}

/** The candles of a file of tests/fixtures, in the order of the file, duplicates kept. */
export function readFixtureCandles(path: string): Candle[] {
  return readCsvCandles(join(FOLDER, path));
}

/** The columns of a CSV file of tests/fixtures; an empty field is NaN. */
export function readFixtureColumns(path: string): Record<string, Float64Array> {
  const { header, rows } = parseCsv(readFixture(path));
  return Object.fromEntries(
    header.map((name, i) => [name, Float64Array.from(rows, (row) => (row[i] ? Number(row[i]) : NaN))]),
  );
}

/** The 70 candles of BTCUSDT of April 2021 that Binance revised. */
export function readRevisedCandles(): RevisedCandles {
  const rows = parseCsv(readFixture('revised/BTCUSDT-1m-2021-04.csv')).rows.map((row) => row.map(Number));
  return {
    before: rows.map(([openTime, , ...numbers]) => toCandle([openTime!, ...numbers.slice(0, 5)])),
    after: rows.map(([openTime, , ...numbers]) => toCandle([openTime!, ...numbers.slice(5, 10)])),
  };
}

/** The candles of any CSV file with the columns open_time, open, high, low, close, volume; `.gz`, `.br` or plain. */
export function readCsvCandles(file: string): Candle[] {
  return parseCsv(readText(file)).rows.map((row) => toCandle(row.map(Number)));
}

function toCandle(numbers: readonly number[]): Candle {
  const [openTime, open, high, low, close, volume] = numbers as [number, number, number, number, number, number];
  return { openTime, open, high, low, close, volume };
}

function parseCsv(text: string): { header: string[]; rows: string[][] } {
  const [header = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return { header, rows };
}

function readText(file: string): string {
  const bytes = readFileSync(file);
  if (file.endsWith('.br')) return brotliDecompressSync(bytes).toString();
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}
