import { join } from 'node:path';
import type { Bench, Scenario } from '../bench.js';
import { backfillFlags, SYMBOL } from '../bench-market.js';
import { atLeast, atMost, summarizeRuns, speedup, type Measurement, type Run } from '../measurement.js';
import { baselineRowsPerSecond } from './baseline.js';

const SIDE_BY_SIDE = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT', 'FFFUSDT', 'GGGUSDT', 'HHHUSDT'];
const MEMORY_MB = 250;
/** The allowed ratio of memory: garbage collection varies. */
const SAME_MEMORY = 1.25;

/** Backfill into an empty table compared with COPY of the same finished rows into the same table. */
export const backfill: Scenario = {
  measures: ['limit-copy', 'backfill', 'backfill-8-symbols', 'backfill-again'],
  run: async (bench) => {
    const baseline = await baselineRowsPerSecond(bench);
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) found.push(...(await measureSize(bench, size, baseline)));
    claimSteadyMemory(found.filter(({ name }) => name === 'backfill'));
    return found;
  },
};

async function measureSize(bench: Bench, size: number, baseline: number): Promise<Measurement[]> {
  const { plan, server, exchange, filled } = bench;
  const file = join(bench.folder, `rows-${size}`);
  await server.psql(await filled.rows(size), `\\copy rolling_chart_data to '${file}'\n`);
  const runs = { limit: [] as Run[], one: [] as Run[], again: [] as Run[], eight: [] as Run[] };
  let klines = 0;
  for (let repeat = 1; repeat <= plan.repeats; repeat += 1) {
    bench.log(`backfill of ${size} rows, ${repeat} of ${plan.repeats}`);
    const script = `\\copy rolling_chart_data from '${file}'\n`;
    await filled.withCopy(filled.empty(), async (url) => runs.limit.push(await server.psql(url, script)));
    await filled.withCopy(filled.empty(), async (url) => {
      const argv = ['backfill', SYMBOL, ...backfillFlags(size)];
      runs.one.push(await bench.chartctl(argv, { url }));
      await exchange.report();
      runs.again.push(await bench.chartctl(argv, { url }));
      klines += (await exchange.report()).requests['/api/v3/klines'] ?? 0;
    });
    await filled.withCopy(filled.empty(), async (url) => {
      const argv = ['backfill', ...SIDE_BY_SIDE, ...backfillFlags(Math.round(size / SIDE_BY_SIDE.length))];
      runs.eight.push(await bench.chartctl(argv, { url }));
    });
  }
  const one = summarizeRuns({ name: 'backfill', size }, runs.one);
  one.claims.push(
    atLeast('of the speed of limit-copy', speedup(runs.limit, runs.one), 0.5),
    atLeast('times the speed of row by row', one.rowsPerSecond / baseline, 50),
    atMost('MB of memory', one.peakMemoryMb ?? Infinity, MEMORY_MB),
  );
  return [
    summarizeRuns({ name: 'limit-copy', size }, runs.limit),
    one,
    summarizeRuns({ name: 'backfill-8-symbols', size }, runs.eight, [
      atLeast('of the speed of one symbol', speedup(runs.one, runs.eight), 1),
    ]),
    summarizeRuns({ name: 'backfill-again', size }, runs.again, [
      atLeast('times as fast as the first run', speedup(runs.one, runs.again), 10),
      atMost('requests for klines', klines, 0),
    ]),
  ];
}

/** Compares the memory of the longest range with that of the next shorter one. */
function claimSteadyMemory(backfills: readonly Measurement[]): void {
  const [shorter, longest] = backfills.slice(-2);
  if (!shorter?.peakMemoryMb || !longest?.peakMemoryMb) return;
  const growth = longest.peakMemoryMb / shorter.peakMemoryMb;
  longest.claims.push(atMost('times the memory of the next shorter range', growth, SAME_MEMORY));
}
