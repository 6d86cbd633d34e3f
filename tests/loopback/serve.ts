/**
 * Runs the loopback exchange as a process, to try chartctl by hand:
 *
 *   node --import tsx tests/loopback/serve.ts --csv BTCUSDT=FILE.csv.gz --now 2025-06-01T00:00Z --run
 *   node --import tsx tests/loopback/serve.ts --generate BTCUSDT,ETHUSDT
 *
 * It prints the environment variables that make chartctl use it, and ends with Ctrl-C. `--run` lets its clock run.
 * With `--fallback bybit,okx` these exchanges have the same candles. `--enforce 100` limits the weight a minute.
 */
import { parseArgs } from 'node:util';
import type { Candle } from '../../src/core/candle.js';
import { FALLBACK_NAMES } from '../../src/exchange/fallbacks/fallbacks.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { readCsvCandles } from '../harness/fixtures.js';
import { memorySource } from './memory-source.js';
import { startLoopback } from './start-loopback.js';

const { values } = parseArgs({
  options: {
    csv: { type: 'string', multiple: true },
    generate: { type: 'string', default: 'BTCUSDT' },
    now: { type: 'string' },
    run: { type: 'boolean', default: false },
    fallback: { type: 'string', default: '' },
    enforce: { type: 'string' },
  },
});

const source = values.csv
  ? memorySource(Object.fromEntries(values.csv.map(readSymbolFile)))
  : generatedSource(values.generate.split(','));
const names = FALLBACK_NAMES.filter((name) => values.fallback.split(',').includes(name));
const exchange = await startLoopback({
  binance: source,
  fallbacks: Object.fromEntries(names.map((name) => [name, source])),
  nowMs: values.now ? Date.parse(values.now) : Date.now(),
  ...(values.enforce ? { enforceWeight: Number(values.enforce) } : {}),
});
if (values.run || !values.now) exchange.clock.run();
for (const [name, value] of Object.entries(exchange.environment)) process.stdout.write(`export ${name}=${value}\n`);
process.once('SIGINT', () => void exchange.close());
process.once('SIGTERM', () => void exchange.close());

/** Reads `SYMBOL=FILE`. */
function readSymbolFile(pair: string): [string, Candle[]] {
  const [symbol = '', file = ''] = pair.split('=');
  return [symbol, readCsvCandles(file)];
}
