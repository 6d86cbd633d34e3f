import { join } from 'node:path';
import { formatMinute } from '../../../src/core/minute.js';
import { WARM_UP } from '../../../src/indicators/indicator.js';
import { TRAINING_COLUMNS } from '../../../src/rows/training-row.js';
import { pastMinutes, rangeFlags, SYMBOL } from '../bench-market.js';
import { copySymbol } from '../bench-server.js';
import type { Bench, Scenario } from '../bench.js';
import { atLeast, atMost, type Measurement, type Run, speedup, summarizeRuns } from '../measurement.js';

const EXPORT_MEMORY_MB = 250;
const YEAR = 525_600;

/** Training files of all valid rows compared with COPY of the same query to a file. */
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
    summarizeRuns({ name: 'limit-copy-out', size, rows }, runs.limit),
    summarizeRuns({ name: 'export-csv', size, rows }, runs.csv, [
      atLeast('of the speed of limit-copy-out', speedup(runs.limit, runs.csv), size < YEAR ? 0.6 : 0.8),
    ]),
    ...(['jsonl', 'parquet'] as const).map((format) => {
      const found = summarizeRuns({ name: `export-${format}`, size, rows }, runs[format]);
      found.claims.push(atMost('MB of memory', found.peakMemoryMb ?? Infinity, EXPORT_MEMORY_MB));
      return found;
    }),
  ];
}

const ROWS = 500_000;
const OTHERS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT', 'IUSDT'];
const FORMATS = ['csv', 'jsonl', 'parquet'];

/** Five million rows in one training file in each format: measures the memory. */
export const exportLarge: Scenario = {
  measures: FORMATS.map((format) => `export-large-${format}`),
  run: async (bench) => {
    if (Math.max(...bench.plan.sizes) < ROWS) return [];
    bench.log('filling a table for the large export');
    return bench.filled.withCopy(bench.filled.rows(ROWS + 1_000), async (url) => {
      await copySymbol(bench.server, url, { to: OTHERS, newest: ROWS, keepOriginal: true });
      const found: Measurement[] = [];
      for (const format of FORMATS) found.push(await measureFormat(bench, url, format));
      return found;
    });
  },
};

async function measureFormat(bench: Bench, url: string, format: string): Promise<Measurement> {
  const rows = ROWS * (OTHERS.length + 1);
  bench.log(`export of ${rows} rows as ${format}`);
  const out = join(bench.folder, `large.${format}`);
  const argv = ['export-training-set', SYMBOL, ...OTHERS, '--out', out, ...rangeFlags(pastMinutes(ROWS))];
  const run = await bench.chartctl(argv, { url });
  return summarizeRuns(
    { name: `export-large-${format}`, size: rows },
    [run],
    [atMost('MB of memory', run.peakMemoryMb ?? Infinity, EXPORT_MEMORY_MB)],
  );
}
