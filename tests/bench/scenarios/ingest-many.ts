import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { NOW } from '../bench-market.js';
import { copySymbol, withStatementCount } from '../bench-server.js';
import type { Bench, Scenario } from '../bench.js';
import { type BenchExchange, startBenchExchange } from '../exchange/start-bench-exchange.js';
import { atMost, type Claim, type Measurement, type Run, summarizeRuns } from '../measurement.js';

const LATENCY_MS = 80;
/** The stored rows of each symbol: more than the look-back of any indicator. */
const HISTORY = 1_100;
const MANY = 1_500;

/** One ingest of many symbols with a history, and one of as many new symbols. */
export const ingestMany: Scenario = {
  measures: ['ingest-many', 'ingest-many-first'],
  run: async (bench) => {
    const exchange = await startBenchExchange({ nowMs: NOW, minutes: 10_000, latencyMs: LATENCY_MS });
    try {
      const found: Measurement[] = [];
      for (const count of bench.plan.symbols) found.push(...(await measureSymbols(bench, exchange, count)));
      return found;
    } finally {
      await exchange.stop();
    }
  },
};

async function measureSymbols(bench: Bench, exchange: BenchExchange, count: number): Promise<Measurement[]> {
  const symbols = nameSymbols(count);
  const file = join(bench.folder, 'symbols');
  writeFileSync(file, symbols.join('\n'));
  const runs: Run[] = [];
  let seen: Record<string, number> = {};
  const ingest = async (url: string, minute: number) => {
    await exchange.setClock(NOW + minute * MINUTE_MS);
    const argv = ['ingest', '--symbols-file', file];
    const counted = await withStatementCount(bench.server, url, () => bench.chartctl(argv, { url }, { exchange }));
    seen = { klines: (await exchange.report()).requests['/api/v3/klines'] ?? 0, ...counted.counts };
    return counted.result;
  };
  await bench.filled.withCopy(withHistory(bench, symbols), async (url) => {
    for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
      bench.log(`ingest of ${count} symbols, ${repeat} of ${bench.plan.repeats}`);
      runs.push(await ingest(url, repeat));
    }
  });
  const known = summarizeRuns({ name: 'ingest-many', size: count }, runs, [], seen);
  known.claims.push(...claimsOf(known));
  bench.log(`first ingest of ${count} symbols`);
  const first = await bench.filled.withCopy(bench.filled.empty(), (url) => ingest(url, 0));
  return [known, summarizeRuns({ name: 'ingest-many-first', size: count, rows: count * 1_000 }, [first], [], seen)];
}

function claimsOf({ size, seconds, peakMemoryMb, counts }: Measurement): Claim[] {
  return [
    ...(size === MANY ? [atMost('seconds', seconds, 20)] : []),
    atMost('requests a symbol', (counts.klines ?? Infinity) / size, 1.1),
    atMost('MB of memory', peakMemoryMb ?? Infinity, 300),
  ];
}

/** A database with the history of every symbol up to NOW. */
function withHistory(bench: Bench, symbols: readonly string[]): Promise<string> {
  return bench.filled.variant(`${symbols.length} symbols`, async () => {
    const url = await bench.server.create(await bench.filled.rows(2 * HISTORY));
    await copySymbol(bench.server, url, { to: symbols, newest: HISTORY, keepOriginal: false });
    return url;
  });
}

/** AAAUSDT, AABUSDT, ... */
function nameSymbols(count: number): string[] {
  const letter = (n: number) => String.fromCharCode(65 + (Math.floor(n) % 26));
  return Array.from({ length: count }, (_, i) => `${letter(i / 676)}${letter(i / 26)}${letter(i)}USDT`);
}
