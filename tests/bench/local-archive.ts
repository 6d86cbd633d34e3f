import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MINUTE_MS, type Minute } from '../../src/core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../../src/core/range.js';
import { type ArchiveFile, dayFile, entryOf, monthFile, pathOf } from '../../src/exchange/archive/archive-file.js';
import { toArchiveCsv, toChecksum } from '../../src/exchange/replay/archive-responses.js';
import type { CandleSource } from '../../src/exchange/replay/candle-source.js';
import { writeZip } from '../../src/exchange/replay/write-zip.js';
import { planArchive } from '../../src/jobs/archive/plan-archive.js';
import { SYMBOL } from './bench-market.js';
import { walkCandles } from './exchange/walk-candles.js';

/** The newest month of the archive. */
const LAST_MONTH = Date.UTC(2025, 3, 1);
const DAY_MINUTES = 1440;

/** The last months of the archive, in order. */
export function lastMonths(count: number): MinuteRange[] {
  const last = new Date(LAST_MONTH);
  return Array.from({ length: count }, (_, i) => {
    return monthFile(SYMBOL, Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - (count - 1 - i), 1)).range;
  });
}

/** Writes the files of the months, and of each month those of the days that a backfill may read. */
export function writeArchive(folder: string, symbol: string, months: readonly MinuteRange[]): void {
  for (const month of months) {
    const source = walkSource(symbol, month);
    const [plan] = planArchive([month], symbol, month.to + 10 * DAY_MINUTES * MINUTE_MS, 'archive');
    if (plan!.file) writeFile(folder, plan!.file, source);
    const days = plan!.file
      ? [14, 15, 16, 17].map((day) => dayFile(symbol, month.from + day * DAY_MINUTES * MINUTE_MS))
      : plan!.days;
    for (const day of days) writeFile(folder, day, source);
  }
}

function writeFile(folder: string, file: ArchiveFile, source: CandleSource): void {
  const zip = writeZip(entryOf(file), toArchiveCsv(file, source), file.range.to + MINUTE_MS);
  const path = join(folder, pathOf(file));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, zip);
  writeFileSync(`${path}.CHECKSUM`, toChecksum(zip, file.name));
}

/** The candles of one month. */
function walkSource(symbol: string, extent: MinuteRange): CandleSource {
  const candles = walkCandles(extent.from, countMinutes(extent));
  const indexOf = (minute: Minute) => (minute - extent.from) / MINUTE_MS;
  return {
    symbols: () => [symbol],
    extent: () => extent,
    candles: (_, range) => {
      const { from, to } = intersect(range, extent);
      return candles.slice(indexOf(from), indexOf(to));
    },
  };
}
