import type { Candle } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { readBlocks } from './read-blocks.js';
import { isOfBinance, readCandle, readOpenTime, readSymbol } from './read-row.js';
import type { CsvMonth, ScannedCsv } from './scanned-csv.js';
import { walkLines } from './walk-lines.js';

/**
 * The candles of one month in a scanned CSV.
 *
 * @param wanted minutes of the month with a candle, ordered
 * @returns in order, each minute once
 * @throws ArchiveFault, Failure as `scanCandleCsv` when the file was changed since
 */
export async function readCandles(
  path: string,
  { layout, defaultSymbol }: ScannedCsv,
  { symbol, month, wanted }: { symbol: string; month: CsvMonth; wanted: readonly MinuteRange[] },
  signal?: AbortSignal,
): Promise<Candle[]> {
  const minutes = new Set(wanted.flatMap(({ from, to }) => listMinutes(from, to)));
  const found = new Map<number, Candle>();
  let line = month.line;
  for await (const block of readBlocks(path, { range: month.bytes, signal })) {
    line = walkLines(block, layout, { at: 0, line }, (csv, bounds, place) => {
      if ((readSymbol(csv, bounds, layout) ?? defaultSymbol) !== symbol || !isOfBinance(csv, bounds, layout)) return;
      const openTime = readOpenTime(csv, bounds, layout, place.line);
      if (!minutes.has(openTime) || found.has(openTime)) return;
      found.set(openTime, readCandle(csv, bounds, layout, { openTime, line: place.line }));
    });
  }
  return [...found.values()].sort((a, b) => a.openTime - b.openTime);
}

function listMinutes(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / MINUTE_MS }, (_, i) => from + i * MINUTE_MS);
}
