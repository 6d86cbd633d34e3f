import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Candle } from '../../src/core/candle.js';

/** Candles that Binance revised: as it served them first, and as it serves them now. */
export interface RevisedCandles {
  before: Candle[];
  after: Candle[];
}

/** Reads a file with the columns open_time, its text, and twice open, high, low, close, volume. */
export function readRevisedCandles(file: string): RevisedCandles {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  const numbers = lines.map((line) => line.split(',').map(Number));
  const toCandle = (line: readonly number[], start: number): Candle => {
    const [open, high, low, close, volume] = line.slice(start, start + 5) as [number, number, number, number, number];
    return { openTime: line[0]!, open, high, low, close, volume };
  };
  return { before: numbers.map((line) => toCandle(line, 2)), after: numbers.map((line) => toCandle(line, 7)) };
}

/** The candles of a file in its own order, duplicates kept. */
export function readCsvCandles(file: string): Candle[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [openTime, open, high, low, close, volume] = line.split(',').map(Number) as Six;
      return { openTime, open, high, low, close, volume };
    });
}

/** A file of the shared real data, or undefined where the data is absent (then skip the test, saying so). */
export function sharedFile(path: string): string | undefined {
  const file = `../shared/data/${path}`;
  return existsSync(file) ? file : undefined;
}

type Six = [number, number, number, number, number, number];
