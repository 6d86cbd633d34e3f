import { readFileSync } from 'node:fs';
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
