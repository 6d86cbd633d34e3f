import { join } from 'node:path';
import { WARM_UP } from '../../../src/core/indicator-columns.js';
import { formatMinute } from '../../../src/core/minute.js';
import { TRAINING_COLUMNS } from '../../../src/core/training-row.js';
import type { Bench, Scenario } from '../bench.js';
import { pastMinutes, rangeFlags, SYMBOL } from '../bench-market.js';
import { atLeast, atMost, measured, speedup, type Measurement, type Run } from '../measurement.js';

export const EXPORT_MEMORY_MB = 250;

/** Training files of all valid rows beside COPY of the same query to a file. */
export const exportFiles: Scenario = {
  measures: ['limit-copy-out', 'export-csv', 'export-jsonl', 'export-parquet'],
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) {
      found.push(...(await bench.filled.withCopy(bench.filled.rows(size), (url) => measureSize(bench, size, url))));
    }
    return found;
  },
};

async function measureSize(bench: Bench, size: number, url: string): Promise<Measurement[]> {
  const range = pastMinutes(size - WARM_UP);
  const columns = TRAINING_COLUMNS.map(({ name }) => name).join(', ');
  const query = `select ${columns} from training_chart_data where symbol = '${SYMBOL}' and timestamp >= '${formatMinute(range.from)}' and timestamp < '${formatMinute(range.to)}' order by symbol, timestamp`;
  const copyOut = `\\copy (${query}) to '${join(bench.folder, 'limit.csv')}' csv header\n`;
  const exportTo = (format: string) => {
    const argv = ['export-training-set', SYMBOL, '--out', join(bench.folder, `export.${format}`), ...rangeFlags(range)];
    return bench.chartctl(argv, { url });
  };
  const runs = { limit: [] as Run[], csv: [] as Run[], jsonl: [] as Run[], parquet: [] as Run[] };
  for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
    bench.log(`export of ${size} rows, ${repeat} of ${bench.plan.repeats}`);
    runs.limit.push(await bench.server.psql(url, copyOut));
    for (const format of ['csv', 'jsonl', 'parquet'] as const) runs[format].push(await exportTo(format));
  }
  const rows = size - WARM_UP;
  return [
    measured({ name: 'limit-copy-out', size, rows }, runs.limit),
    measured({ name: 'export-csv', size, rows }, runs.csv, [
      atLeast('of the speed of limit-copy-out', speedup(runs.limit, runs.csv), 0.8),
    ]),
    ...(['jsonl', 'parquet'] as const).map((format) => {
      const found = measured({ name: `export-${format}`, size, rows }, runs[format]);
      found.claims.push(atMost('MB of memory', found.peakMemoryMb ?? Infinity, EXPORT_MEMORY_MB));
      return found;
    }),
  ];
}
