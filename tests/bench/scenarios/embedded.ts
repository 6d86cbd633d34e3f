import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withStore } from '../../../src/database/open-store.js';
import { backfillFlags, pastMinutes, rangeFlags, SYMBOL } from '../bench-market.js';
import type { Bench, Scenario } from '../bench.js';
import { atMost, type Measurement, type Run, summarizeRuns } from '../measurement.js';
import { CHANGE_INDICATORS } from './rebuild.js';

/** Of which the empty database takes 300. */
const MEMORY_MB = 500;
const STEPS = ['backfill', 'backfill-again', 'clean', 'rebuild-none', 'rebuild-all', 'export-csv'] as const;

/** The same operations on the embedded database, one after the other on the same data. */
export const embedded: Scenario = {
  measures: STEPS.map((step) => `embedded-${step}`),
  run: async (bench) => {
    const prepared = join(bench.folder, 'prepared');
    await bench.chartctl(['migrate'], { dataDir: prepared }); // creating a database takes 3 s and happens once
    const found: Measurement[] = [];
    for (const size of bench.plan.embeddedSizes) found.push(...(await measureSize(bench, size)));
    return found;
  },
};

async function measureSize(bench: Bench, size: number): Promise<Measurement[]> {
  const runs = Object.fromEntries(STEPS.map((step) => [step, [] as Run[]])) as Record<(typeof STEPS)[number], Run[]>;
  const dataDir = join(bench.folder, 'embedded');
  const out = join(bench.folder, 'embedded.csv');
  const chartctl = (...argv: string[]) => bench.chartctl(argv, { dataDir });
  for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
    bench.log(`embedded database with ${size} rows, ${repeat} of ${bench.plan.repeats}`);
    cpSync(join(bench.folder, 'prepared'), dataDir, { recursive: true });
    runs.backfill.push(await chartctl('backfill', SYMBOL, ...backfillFlags(size)));
    runs['backfill-again'].push(await chartctl('backfill', SYMBOL, ...backfillFlags(size)));
    runs.clean.push(await chartctl('clean', SYMBOL));
    runs['rebuild-none'].push(await chartctl('rebuild', SYMBOL));
    await withStore({ kind: 'embedded', dataDir }, async ({ knex }) => {
      await knex.raw(CHANGE_INDICATORS);
      await knex.raw('vacuum full rolling_chart_data');
    });
    runs['rebuild-all'].push(await chartctl('rebuild', SYMBOL));
    runs['export-csv'].push(
      await chartctl('export-training-set', SYMBOL, '--out', out, ...rangeFlags(pastMinutes(size))),
    );
    rmSync(dataDir, { recursive: true });
  }
  return STEPS.map((step) => {
    const found = summarizeRuns({ name: `embedded-${step}`, size }, runs[step]);
    found.claims.push(atMost('MB of memory', found.peakMemoryMb ?? Infinity, MEMORY_MB));
    return found;
  });
}
