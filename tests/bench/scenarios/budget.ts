import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Scenario } from '../bench.js';
import { backfillFlags, NOW } from '../bench-market.js';
import { startBenchExchange, type BenchExchange } from '../exchange/start-bench-exchange.js';
import { atLeast, atMost, summarizeRuns, type Measurement } from '../measurement.js';

const WEIGHT_LIMIT = 6_000;
const LATENCY_MS = 80;
/** Requests per minute: klines have a weight of 2. */
const ALLOWED = WEIGHT_LIMIT / 2;
const SYMBOLS = 24;
const ROWS = 525_600;
/** The start of the exchange's clock within a minute, and the number of whole minutes that are measured. */
const BEGIN_MS = 50_000;
const WHOLE_MINUTES = 2;

/** Backfill of more than the exchange's request weight allows: measures the share of the weight that is used. */
export const budget: Scenario = {
  measures: ['backfill-budget'],
  run: async (bench) => {
    if (bench.plan.isQuick) return [];
    const nowMs = NOW - (NOW % 60_000) + BEGIN_MS;
    const options = { nowMs, minutes: ROWS + 1_000, latencyMs: LATENCY_MS, weightLimit: WEIGHT_LIMIT };
    const exchange = await startBenchExchange(options);
    try {
      await exchange.setClock(nowMs);
      return [await bench.filled.withCopy(bench.filled.empty(), (url) => measureMinutes(bench, exchange, url))];
    } finally {
      await exchange.stop();
    }
  },
};

/** The job has more work than these minutes allow, and gets SIGTERM after them. */
async function measureMinutes(bench: Bench, exchange: BenchExchange, url: string): Promise<Measurement> {
  bench.log(`backfill against ${WEIGHT_LIMIT} weight a minute, ${WHOLE_MINUTES} whole minutes`);
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => `${String.fromCharCode(65 + i)}USDT`);
  const durationMs = 60_000 - BEGIN_MS + WHOLE_MINUTES * 60_000 + 1_000;
  const run = await bench.chartctl(
    ['backfill', ...symbols, ...backfillFlags(ROWS)],
    { url },
    {
      exchange,
      expected: [143],
      onStart: (kill) => void sleep(durationMs).then(() => kill('SIGTERM')),
    },
  );
  const { klinesByMinute, refused } = await exchange.report();
  const whole = klinesByMinute.slice(1, 1 + WHOLE_MINUTES);
  const [stored] = await bench.server.query<{ rows: number }>(
    url,
    'select count(*)::int as rows from rolling_chart_data',
  );
  const rows = stored?.rows ?? 0;
  return summarizeRuns(
    { name: 'backfill-budget', size: rows },
    [run],
    [
      atLeast('of the allowed requests, in the poorest minute', Math.min(...whole) / ALLOWED, 0.9),
      atMost('answers 429 or 418', refused, 0),
    ],
    Object.fromEntries(whole.map((count, i) => [`requests in minute ${i + 1}`, count])),
  );
}
