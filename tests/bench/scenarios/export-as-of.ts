import { join } from 'node:path';
import { WARM_UP } from '../../../src/indicators/indicator.js';
import { pastMinutes, rangeFlags, SYMBOL } from '../bench-market.js';
import type { Bench, Scenario } from '../bench.js';
import { atMost, cpuRatio, type Measurement, type Run, summarizeRuns } from '../measurement.js';
import { withServerCpu } from '../server-cpu.js';

const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
/** One of so many rows was corrected since. */
const CORRECTED = 100;
const [CPU_BOUND, MEMORY_MB] = [1.5, 250];

/** Training files as they were before one row in a hundred was corrected, compared with files of the present rows. */
export const exportAsOf: Scenario = {
  measures: FORMATS.map((format) => `export-as-of-${format}`),
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) {
      let before = '';
      const corrected = bench.filled.variant(`corrected ${size}`, async () => {
        const made = await correctRows(bench, size);
        before = made.before;
        return made.url;
      });
      await bench.filled.withCopy(corrected, async (url) =>
        found.push(...(await measureSize(bench, size, url, before))),
      );
    }
    return found;
  },
};

async function measureSize(bench: Bench, size: number, url: string, before: string): Promise<Measurement[]> {
  const rows = size - WARM_UP;
  const exportTo = (format: string, ...flags: string[]) => {
    const argv = ['export-training-set', SYMBOL, '--out', join(bench.folder, `past.${format}`), ...flags];
    return withServerCpu(bench.server, url, () => bench.chartctl([...argv, ...rangeFlags(pastMinutes(rows))], { url }));
  };
  const found: Measurement[] = [];
  for (const format of FORMATS) {
    const [present, past]: Run[][] = [[], []];
    for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
      bench.log(`export as of an earlier time of ${size} rows as ${format}, ${repeat} of ${bench.plan.repeats}`);
      present!.push(await exportTo(format));
      past!.push(await exportTo(format, '--as-of', before));
    }
    const measured = summarizeRuns({ name: `export-as-of-${format}`, size, rows }, past!);
    measured.claims.push(
      atMost('times the CPU of the present rows, with the server', cpuRatio(past!, present!), CPU_BOUND),
      atMost('MB of memory', measured.peakMemoryMb ?? Infinity, MEMORY_MB),
    );
    found.push(measured);
  }
  return found;
}

/** Makes one row in a hundred wrong, lets chartctl replace them, and returns the time in between. */
async function correctRows(bench: Bench, size: number) {
  const { server, filled } = bench;
  const url = await server.create(await filled.rows(size));
  await server.query(
    url,
    `update rolling_chart_data set source = 'FALLBACK', open = low, close = low
     where symbol = '${SYMBOL}' and (extract(epoch from timestamp) / 60)::bigint % ${CORRECTED} = 7`,
  );
  await bench.chartctl(['rebuild', SYMBOL], { url });
  const [clock] = await server.query<{ now: string }>(
    url,
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  );
  await bench.chartctl(['backfill', SYMBOL, '--replace-fallback', ...rangeFlags(pastMinutes(size - WARM_UP))], { url });
  await server.query(url, 'vacuum analyze');
  return { url, before: clock!.now };
}
