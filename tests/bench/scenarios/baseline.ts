import postgres from 'postgres';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { calculateIndicators } from '../../../src/indicators/calculate-indicators.js';
import type { Bench, Scenario } from '../bench.js';
import { NOW, SYMBOL } from '../bench-market.js';
import { walkCandles } from '../exchange/walk-candles.js';
import { summarizeRuns, type Run } from '../measurement.js';

const CANDLES = 500;
const LOOK_BACK = 400;

/** A naive script: for each candle a SELECT of its look-back, its indicators, an INSERT. */
export const baseline: Scenario = {
  measures: ['baseline-row-by-row'],
  run: async (bench) => [summarizeRuns({ name: 'baseline-row-by-row', size: CANDLES }, [await measureBaseline(bench)])],
};

/** The rows per second of the baseline; measured once in a benchmark. */
export async function baselineRowsPerSecond(bench: Bench): Promise<number> {
  return CANDLES / (await measureBaseline(bench)).seconds;
}

const found = new WeakMap<Bench, Promise<Run>>();

function measureBaseline(bench: Bench): Promise<Run> {
  const run = found.get(bench) ?? bench.filled.withCopy(bench.filled.empty(), writeRowByRow);
  found.set(bench, run);
  return run;
}

async function writeRowByRow(url: string): Promise<Run> {
  const sql = postgres(url, { max: 1 });
  const count = LOOK_BACK + CANDLES;
  const candles = walkCandles(NOW - (NOW % MINUTE_MS) - count * MINUTE_MS, count);
  try {
    await sql`INSERT INTO rolling_chart_data ${sql(candles.slice(0, LOOK_BACK).map(toRecord))}`;
    const started = performance.now();
    const cpuBefore = process.cpuUsage();
    for (const candle of candles.slice(LOOK_BACK)) await writeRow(sql, candle);
    const cpu = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, peakMemoryMb: null };
  } finally {
    await sql.end();
  }
}

async function writeRow(sql: postgres.Sql, candle: Candle): Promise<void> {
  const record = toRecord(candle);
  const before = await sql<Pick<Candle, 'high' | 'low' | 'close'>[]>`
    SELECT high, low, close FROM rolling_chart_data
    WHERE symbol = ${SYMBOL} AND timestamp < ${record.timestamp} ORDER BY timestamp DESC LIMIT ${LOOK_BACK}`;
  const run = [...before.reverse(), candle].map((row) => ({ ...candle, ...row }));
  await sql`INSERT INTO rolling_chart_data ${sql({ ...record, ...calculateIndicators(run).at(-1)! })}`;
}

function toRecord({ openTime, ...numbers }: Candle) {
  return { symbol: SYMBOL, timestamp: new Date(openTime), ...numbers };
}
