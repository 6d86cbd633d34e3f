import { bb, macd, rsi, stoch } from 'indicatorts';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { withStore } from '../../../src/database/open-store.js';
import { volatility } from '../../../src/indicators/volatility.js';
import type { Bench, Scenario } from '../bench.js';
import { backfillFlags, pastMinutes, SYMBOL } from '../bench-market.js';
import { atLeast, type Run, speedup, summarizeRuns } from '../measurement.js';

const PAGE = 1_000;
const YEAR = 525_600;
const TARGET = 25;

/**
 * What people write instead: requests one after the other, a package's indicators, Knex's insert and merge. It runs in this
 * process, so its start is not measured; that of chartctl is.
 */
export const usualScript: Scenario = {
  measures: ['usual-script', 'backfill-beside-script'],
  run: async (bench) => {
    const size = Math.max(...bench.plan.sizes);
    const runs = { script: [] as Run[], chartctl: [] as Run[] };
    for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
      bench.log(`the usual script and backfill of ${size} rows, ${repeat} of ${bench.plan.repeats}`);
      await bench.filled.withCopy(bench.filled.empty(), async (url) => {
        runs.script.push(await runScript(bench, url, size));
      });
      await bench.filled.withCopy(bench.filled.empty(), async (url) => {
        runs.chartctl.push(await bench.chartctl(['backfill', SYMBOL, ...backfillFlags(size)], { url }));
      });
    }
    return [
      summarizeRuns({ name: 'usual-script', size }, runs.script),
      summarizeRuns({ name: 'backfill-beside-script', size }, runs.chartctl, [
        atLeast('times the speed of usual-script', speedup(runs.script, runs.chartctl), size < YEAR ? 4 : TARGET),
      ]),
    ];
  },
};

type Kline = [openTime: number, open: string, high: string, low: string, close: string, volume: string];

/** Without rules for gaps, locks, an audit log or rows that must not change. */
async function runScript({ exchange }: Bench, url: string, size: number): Promise<Run> {
  const started = performance.now();
  const { from, to } = pastMinutes(size);
  const klines: Kline[] = [];
  for (let start = from; start < to; start += PAGE * MINUTE_MS) {
    const query = `symbol=${SYMBOL}&interval=1m&startTime=${start}&endTime=${to - 1}&limit=${PAGE}`;
    klines.push(...((await (await fetch(`${exchange.url}/api/v3/klines?${query}`)).json()) as Kline[]));
  }
  const [high, low, close] = [2, 3, 4].map((field) => klines.map((kline) => Number(kline[field]))) as [
    number[],
    number[],
    number[],
  ];
  const { macdLine, signalLine } = macd(close);
  const [bands, stochastic] = [bb(close), stoch(high, low, close)];
  const realised = volatility.calculate({
    high: Float64Array.from(high),
    low: Float64Array.from(low),
    close: Float64Array.from(close),
  });
  const strength = rsi(close);
  const rows = klines.map(([openTime, open, , , , volume], i) => ({
    symbol: SYMBOL,
    timestamp: new Date(openTime),
    ...{ open: Number(open), high: high[i], low: low[i], close: close[i], volume: Number(volume) },
    ...{
      rsi: strength[i],
      macd: macdLine[i],
      macd_signal: signalLine[i],
      macd_histogram: macdLine[i]! - signalLine[i]!,
    },
    ...{ bb_upper: bands.upper[i], bb_middle: bands.middle[i], bb_lower: bands.lower[i] },
    ...{ stoch_k: stochastic.k[i], stoch_d: stochastic.d[i] },
    ...{ volatility_1m: realised.volatility_1m[i], volatility_5m: realised.volatility_5m[i] },
    ...{ volatility_15m: realised.volatility_15m[i], volatility_60m: realised.volatility_60m[i] },
  }));
  await withStore({ kind: 'postgres', url }, async ({ knex }) => {
    for (let i = 0; i < rows.length; i += PAGE) {
      await knex('rolling_chart_data')
        .insert(rows.slice(i, i + PAGE))
        .onConflict(['symbol', 'timestamp'])
        .merge();
    }
  });
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: null, peakMemoryMb: null };
}
