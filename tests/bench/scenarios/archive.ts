import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { countMinutes, type MinuteRange, sumMinutes } from '../../../src/core/range.js';
import type { Bench, Scenario } from '../bench.js';
import { rangeFlags, SYMBOL } from '../bench-market.js';
import { lastMonths, writeArchive } from '../local-archive.js';
import { atLeast, atMost, type Measurement, type Run, speedup, summarizeRuns } from '../measurement.js';

const SIDE_BY_SIDE = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT', 'FFFUSDT', 'GGGUSDT', 'HHHUSDT'];
const MEMORY_MB = 220;
/** The allowed ratio of memory: garbage collection varies. */
const SAME_MEMORY = 1.25;

/** Backfill from a local archive into an empty table compared with COPY of the same finished rows into the same table. */
export const archive: Scenario = {
  measures: ['archive', 'archive-8-symbols'],
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const months of bench.plan.isQuick ? [1] : [1, 12, 60]) found.push(...(await measureMonths(bench, months)));
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
  const fill = (url: string, symbols: readonly string[], stored: MinuteRange) =>
    fillFrom(bench, folder, url, symbols, stored);
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

/** The months of BTCUSDT in Binance's archive. */
const ALL_MONTHS = 108;

/** A backfill of all months of a symbol in one run. */
export const archiveWhole: Scenario = {
  measures: ['archive-108-months'],
  run: async (bench) => {
    if (bench.plan.isQuick) return [];
    const folder = join(bench.folder, 'archive-whole');
    const months = lastMonths(ALL_MONTHS);
    const range = { from: months[0]!.from, to: months.at(-1)!.to };
    bench.log(`an archive of ${ALL_MONTHS} months`);
    writeArchive(folder, SYMBOL, months);
    const runs: Run[] = [];
    for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
      bench.log(`backfill from the archive, ${repeat} of ${bench.plan.repeats}`);
      await bench.filled.withCopy(bench.filled.empty(), async (url) => {
        runs.push(await fillFrom(bench, folder, url, [SYMBOL], range));
      });
    }
    rmSync(folder, { recursive: true });
    return [
      summarizeRuns({ name: 'archive-108-months', size: sumMinutes(months) }, runs, [
        atMost('MB of memory', Math.max(...runs.map(({ peakMemoryMb }) => peakMemoryMb ?? Infinity)), MEMORY_MB),
      ]),
    ];
  },
};

function fillFrom(bench: Bench, folder: string, url: string, symbols: readonly string[], stored: MinuteRange) {
  const exchange = { ...bench.exchange, environment: { ...bench.exchange.environment, CHARTCTL_ARCHIVE_URL: folder } };
  return bench.chartctl(['backfill', ...symbols, ...rangeFlags(stored), '--via', 'archive'], { url }, { exchange });
}
