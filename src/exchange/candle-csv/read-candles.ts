import { MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, sumMinutes } from '../../core/range.js';
import { type CandleColumns, createColumns } from '../../rows/candle-columns.js';
import { ArchiveFault } from '../archive/archive-fault.js';
import { readBlocks } from './read-blocks.js';
import { isOfBinance, readCandle, readOpenTime, readSymbol } from './read-row.js';
import type { CsvMonth, ScannedCsv } from './scanned-csv.js';
import { walkLines } from './walk-lines.js';

const NOT_WANTED = -1;

/**
 * The candles of one month in a scanned CSV.
 *
 * @param wanted minutes of the month with a candle, ordered, at least one
 * @throws ArchiveFault, Failure as `scanCandleCsv`, and when the file was changed since
 */
export async function readCandles(
  path: string,
  { layout, defaultSymbol }: ScannedCsv,
  { symbol, month, wanted }: { symbol: string; month: CsvMonth; wanted: readonly MinuteRange[] },
  signal?: AbortSignal,
): Promise<CandleColumns> {
  const columns = createColumns(sumMinutes(wanted));
  const begin = wanted[0]!.from;
  const places = toPlaces(wanted);
  let found = 0;
  let line = month.line;
  for await (const block of readBlocks(path, { range: month.bytes, signal })) {
    line = walkLines(block, layout, { at: 0, line }, (csv, bounds, { line: at }) => {
      if ((readSymbol(csv, bounds, layout) ?? defaultSymbol) !== symbol || !isOfBinance(csv, bounds, layout)) return;
      const openTime = readOpenTime(csv, bounds, layout, at);
      const place = places[(openTime - begin) / MINUTE_MS] ?? NOT_WANTED;
      if (place === NOT_WANTED || columns.openTime[place] !== 0) return;
      const candle = readCandle(csv, bounds, layout, { openTime, line: at });
      columns.openTime[place] = openTime;
      columns.open[place] = candle.open;
      columns.high[place] = candle.high;
      columns.low[place] = candle.low;
      columns.close[place] = candle.close;
      columns.volume[place] = candle.volume;
      found += 1;
    });
  }
  if (found === columns.length) return columns;
  throw new ArchiveFault('content', 'it was changed while it was imported');
}

/** The place of each minute among the wanted ones, from the first of them on. */
function toPlaces(wanted: readonly MinuteRange[]): Int32Array {
  const begin = wanted[0]!.from;
  const places = new Int32Array((wanted.at(-1)!.to - begin) / MINUTE_MS).fill(NOT_WANTED);
  let place = 0;
  for (const { from, to } of wanted) {
    for (let at = (from - begin) / MINUTE_MS; at < (to - begin) / MINUTE_MS; at += 1) places[at] = place++;
  }
  return places;
}
