import type { Bench, Scenario } from '../bench.js';
import { NOW, rangeFlags, SYMBOL } from '../bench-market.js';
import { MINUTE_MS, floorMinute } from '../../../src/core/minute.js';
import { atMost, summarizeRuns, speedup, type Measurement, type Run } from '../measurement.js';
import { timeProcess } from '../timed-process.js';

/** One symbol's minute, and one repaired minute in the middle of the table, from process start to exit. */
export const shortJobs: Scenario = {
  measures: ['node-alone', 'ingest-1', 'repair-1'],
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) {
      bench.log(`ingest and repair of one minute in a table of ${size} rows`);
      found.push(...(await bench.filled.withCopy(bench.filled.rows(size), (url) => measureSize(bench, size, url))));
    }
    await bench.exchange.setClock(NOW);
    return found;
  },
};

async function measureSize(bench: Bench, size: number, url: string): Promise<Measurement[]> {
  const runs = { node: [] as Run[], ingest: [] as Run[], repair: [] as Run[] };
  // not metered: loading the usage script would take time too
  const options = { isMetered: false };
  const middle = floorMinute(NOW - (size / 2) * MINUTE_MS);
  for (let repeat = 1; repeat <= bench.plan.shortRepeats; repeat += 1) {
    runs.node.push(await timeProcess(process.execPath, ['-e', '0']));
    await bench.exchange.setClock(NOW + repeat * MINUTE_MS);
    runs.ingest.push(await bench.chartctl(['ingest', SYMBOL], { url }, options));
    await bench.server.query(url, deleteMinute(middle));
    const range = rangeFlags({ from: middle, to: middle + MINUTE_MS });
    runs.repair.push(await bench.chartctl(['backfill', SYMBOL, ...range], { url }, options));
  }
  return [
    summarizeRuns({ name: 'node-alone', size, rows: 1 }, runs.node),
    summarizeRuns({ name: 'ingest-1', size, rows: 1 }, runs.ingest, [
      atMost('times node -e 0', speedup(runs.ingest, runs.node), 5.2),
    ]),
    summarizeRuns({ name: 'repair-1', size, rows: 1 }, runs.repair, [
      atMost('times an ingest of one symbol', speedup(runs.repair, runs.ingest), 1.5),
    ]),
  ];
}

function deleteMinute(minute: number): string {
  const timestamp = new Date(minute).toISOString();
  return `delete from rolling_chart_data where symbol = '${SYMBOL}' and timestamp = '${timestamp}'`;
}
