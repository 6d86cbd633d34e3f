import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import { countMinutes, intersect, type MinuteRange, sumMinutes } from '../../../src/core/range.js';
import { type ArchiveFile, dayFile, entryOf, monthFile, pathOf } from '../../../src/exchange/archive/archive-file.js';
import { toArchiveCsv, toChecksum } from '../../../src/exchange/replay/archive-responses.js';
import type { CandleSource } from '../../../src/exchange/replay/candle-source.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import type { Bench, Scenario } from '../bench.js';
import { rangeFlags, SYMBOL } from '../bench-market.js';
import { walkCandles } from '../exchange/walk-candles.js';
import { atLeast, atMost, type Measurement, type Run, speedup, summarizeRuns } from '../measurement.js';

/** After the time in which daily files are used for whole months. */
const LAST_MONTH = Date.UTC(2025, 3, 1);
const SIDE_BY_SIDE = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT', 'FFFUSDT', 'GGGUSDT', 'HHHUSDT'];
const MEMORY_MB = 220;
/** The allowed ratio of memory: garbage collection varies. */
const SAME_MEMORY = 1.25;

/** Backfill from a local archive into an empty table compared with COPY of the same finished rows into the same table. */
export const archive: Scenario = {
  measures: ['archive', 'archive-8-symbols'],
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const months of bench.plan.isQuick ? [1] : [1, 12, 36]) found.push(...(await measureMonths(bench, months)));
    const [shorter, longest] = found.filter(({ name }) => name === 'archive').slice(-2);
    if (shorter?.peakMemoryMb && longest?.peakMemoryMb) {
      const growth = longest.peakMemoryMb / shorter.peakMemoryMb;
      longest.claims.push(atMost('times the memory of the next shorter range', growth, SAME_MEMORY));
    }
    return found;
  },
};

async function measureMonths(bench: Bench, months: number): Promise<Measurement[]> {
  const { plan, server, filled } = bench;
  const folder = join(bench.folder, `archive-${months}`);
  const files = lastMonths(months);
  const range = { from: files[0]!.from, to: files.at(-1)!.to };
  const size = sumMinutes(files);
  const isCompared = months <= 12;
  const isWide = isCompared && !plan.isQuick;
  const part = { from: files.at(-Math.max(1, Math.round(months / SIDE_BY_SIDE.length)))!.from, to: range.to };
  bench.log(`an archive of ${months} months`);
  writeArchive(folder, SYMBOL, files);
  if (isWide)
    for (const symbol of SIDE_BY_SIDE)
      writeArchive(
        folder,
        symbol,
        files.filter(({ from }) => from >= part.from),
      );
  const exchange = { ...bench.exchange, environment: { ...bench.exchange.environment, CHARTCTL_ARCHIVE_URL: folder } };
  const fill = (url: string, symbols: readonly string[], stored: MinuteRange) =>
    bench.chartctl(['backfill', ...symbols, ...rangeFlags(stored), '--via', 'archive'], { url }, { exchange });
  const runs = { limit: [] as Run[], one: [] as Run[], eight: [] as Run[] };
  const rows = join(bench.folder, `archive-rows-${months}`);
  for (let repeat = 1; repeat <= (isCompared ? plan.repeats : 1); repeat += 1) {
    bench.log(`backfill from the archive, ${repeat} of ${plan.repeats}`);
    await filled.withCopy(filled.empty(), async (url) => {
      runs.one.push(await fill(url, [SYMBOL], range));
      if (repeat === 1) await server.psql(url, `\\copy rolling_chart_data to '${rows}'\n`);
    });
    if (!isCompared) break;
    await filled.withCopy(filled.empty(), async (url) => {
      runs.limit.push(await server.psql(url, `\\copy rolling_chart_data from '${rows}'\n`));
    });
    if (!isWide) continue;
    await filled.withCopy(filled.empty(), async (url) => runs.eight.push(await fill(url, SIDE_BY_SIDE, part)));
  }
  rmSync(folder, { recursive: true });
  const one = summarizeRuns({ name: 'archive', size }, runs.one, [
    atMost('MB of memory', Math.max(...runs.one.map(({ peakMemoryMb }) => peakMemoryMb ?? Infinity)), MEMORY_MB),
  ]);
  if (!isCompared) return [one];
  one.claims.push(atLeast('of the speed of COPY of the same rows', speedup(runs.limit, runs.one), 0.7));
  if (!isWide) return [one];
  const eightRows = countMinutes(part) * SIDE_BY_SIDE.length;
  const eight = summarizeRuns({ name: 'archive-8-symbols', size, rows: eightRows }, runs.eight);
  eight.claims.push(atLeast('of the speed of one symbol', eight.rowsPerSecond / one.rowsPerSecond, 1));
  return [one, eight];
}

/** The last months of the archive, in order. */
function lastMonths(count: number): MinuteRange[] {
  const last = new Date(LAST_MONTH);
  return Array.from({ length: count }, (_, i) => {
    return monthFile(SYMBOL, Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - (count - 1 - i), 1)).range;
  });
}

/** Writes the files of the months, and of each month those of the days with which it may be compared. */
function writeArchive(folder: string, symbol: string, months: readonly MinuteRange[]): void {
  for (const { from, to } of months) {
    const source = walkSource(symbol, { from, to });
    writeFile(folder, monthFile(symbol, from), source);
    const days = Array.from({ length: 4 }, (_, i) => dayFile(symbol, from + (14 + i) * 1440 * MINUTE_MS));
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
