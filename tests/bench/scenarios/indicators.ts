import { calculateColumns, type IndicatorArrays, toRunPrices } from '../../../src/indicators/calculate-indicators.js';
import type { RunPrices } from '../../../src/indicators/indicator.js';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import type { Bench, Scenario } from '../bench.js';
import { walkCandles } from '../exchange/walk-candles.js';
import { atMost, type Measurement, type Run, speedup, summarizeRuns } from '../measurement.js';
import { plainIndicators } from '../plain-indicators.js';

const CANDLES = { quick: [50_000, 100_000, 200_000], full: [100_000, 300_000, 1_000_000] };
const REPEATS = 9;

/** The indicators alone, in this process, compared with one plain loop over typed arrays. */
export const indicators: Scenario = {
  measures: ['limit-plain-loop', 'indicators'],
  run: (bench) => {
    const sizes = bench.plan.isQuick ? CANDLES.quick : CANDLES.full;
    return Promise.resolve(sizes.flatMap((size) => measureSize(bench, size)));
  },
};

function measureSize(bench: Bench, size: number): Measurement[] {
  bench.log(`indicators of ${size} candles`);
  const prices = toRunPrices(walkCandles(0, size));
  requireSame(plainIndicators(prices), calculateColumns(prices), prices);
  const runs = { limit: [] as Run[], ours: [] as Run[] };
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    runs.limit.push(time(() => plainIndicators(prices)));
    runs.ours.push(time(() => calculateColumns(prices)));
  }
  return [
    summarizeRuns({ name: 'limit-plain-loop', size }, runs.limit),
    summarizeRuns({ name: 'indicators', size }, runs.ours, [
      atMost('times the time of the plain loop', speedup(runs.ours, runs.limit), 2),
    ]),
  ];
}

function time(work: () => unknown): Run {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMemoryMb: null };
}

/** Throws when the two implementations disagree. */
function requireSame(plain: IndicatorArrays, ours: IndicatorArrays, { close }: RunPrices): void {
  for (const column of INDICATOR_COLUMNS) {
    for (let i = 0; i < close.length; i += 1) {
      const [a, b] = [plain[column][i]!, ours[column][i]!];
      if (Number.isNaN(a) ? Number.isNaN(b) : Math.abs(a - b) <= 1e-9 * Math.max(1, close[i]!)) continue;
      throw new Error(`${column} of candle ${i} was ${a} by the plain loop and ${b} by chartctl`);
    }
  }
}
