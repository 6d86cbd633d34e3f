import { join } from 'node:path';
import type { Bench, Scenario } from '../bench.js';
import { backfillFlags, pastMinutes, SYMBOL } from '../bench-market.js';
import { KlineText } from '../exchange/kline-text.js';
import { walkCandles } from '../exchange/walk-candles.js';
import { atLeast, atMost, cpuRatio, summarizeRuns, speedup, type Measurement, type Run } from '../measurement.js';
import { baselineRowsPerSecond } from './baseline.js';
import { splitRange } from '../../../src/core/range.js';

const SIDE_BY_SIDE = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT', 'FFFUSDT', 'GGGUSDT', 'HHHUSDT'];
const MEMORY_MB = 250;
const YEAR = 525_600;
/** The allowed ratio of memory: garbage collection varies. */
const SAME_MEMORY = 1.25;

/** Backfill into an empty table compared with COPY of the same finished rows into the same table. */
export const backfill: Scenario = {
  measures: ['limit-copy', 'limit-json', 'backfill', 'backfill-8-symbols', 'backfill-again'],
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
  const runs = { limit: [] as Run[], json: [] as Run[], one: [] as Run[], again: [] as Run[], eight: [] as Run[] };
  const before: Run[] = [];
  const answers = printAnswers(size);
  let klines = 0;
  for (let repeat = 1; repeat <= plan.repeats; repeat += 1) {
    bench.log(`backfill of ${size} rows, ${repeat} of ${plan.repeats}`);
    const script = `\\copy rolling_chart_data from '${file}'\n`;
    await filled.withCopy(filled.empty(), async (url) => runs.limit.push(await server.psql(url, script)));
    runs.json.push(parseAll(answers));
    if (bench.before !== undefined) {
      const program = bench.before;
      await filled.withCopy(filled.empty(program), async (url) => {
        before.push(await bench.chartctl(['backfill', SYMBOL, ...backfillFlags(size)], { url }, { program }));
      });
    }
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
    atLeast('of the speed of limit-copy', speedup(runs.limit, runs.one), size < YEAR ? 0.45 : 0.6),
    atMost('times the CPU time of limit-json', cpuRatio(runs.one, runs.json), size < YEAR ? 10 : 3),
    atLeast('times the speed of row by row', one.rowsPerSecond / baseline, 50),
    atMost('MB of memory', one.peakMemoryMb ?? Infinity, MEMORY_MB),
  );
  if (before.length > 0) one.claims.push(atMost('of the CPU time of --before', cpuRatio(runs.one, before), 0.5));
  return [
    summarizeRuns({ name: 'limit-copy', size }, runs.limit),
    summarizeRuns({ name: 'limit-json', size }, runs.json),
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

/** The responses to the requests of a backfill. */
function printAnswers(size: number): Buffer[] {
  const range = pastMinutes(size);
  const text = new KlineText(walkCandles(range.from, size));
  return splitRange(range, 1000).map(({ from, to }) => text.list(from, to - 1, 1000));
}

/** `JSON.parse` of the responses, in this process. */
function parseAll(answers: readonly Buffer[]): Run {
  const started = performance.now();
  const before = process.cpuUsage();
  for (const answer of answers) JSON.parse(answer.toString('utf8'));
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6, peakMemoryMb: null };
}

/** Compares the memory of the longest range with that of the next shorter one. */
function claimSteadyMemory(backfills: readonly Measurement[]): void {
  const [shorter, longest] = backfills.slice(-2);
  if (!shorter?.peakMemoryMb || !longest?.peakMemoryMb) return;
  const growth = longest.peakMemoryMb / shorter.peakMemoryMb;
  longest.claims.push(atMost('times the memory of the next shorter range', growth, SAME_MEMORY));
}
