import { join } from 'node:path';
import type { Bench, Scenario } from '../bench.js';
import { pastMinutes, rangeFlags, SYMBOL } from '../bench-market.js';
import { atMost, measured, type Measurement } from '../measurement.js';
import { copySymbol } from './copy-symbol.js';
import { EXPORT_MEMORY_MB } from './export.js';

const ROWS = 500_000;
const OTHERS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT', 'IUSDT'];
const FORMATS = ['csv', 'jsonl', 'parquet'];

/** Five million rows in one training file, once in each format: it is the memory that counts. */
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
  return measured(
    { name: `export-large-${format}`, size: rows },
    [run],
    [atMost('MB of memory', run.peakMemoryMb ?? Infinity, EXPORT_MEMORY_MB)],
  );
}
