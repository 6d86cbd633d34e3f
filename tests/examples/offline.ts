// A test of one's own code without a network: a small Binance on this machine, and a database in a folder.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCandles, ingestMinute, loadTrainingRows, openMarket, openStore, startReplay } from 'chartctl';

const now = Date.parse('2025-06-01T12:00:05Z');
const dataDir = await mkdtemp(join(tmpdir(), 'offline-'));
const binance = await startReplay({
  now: () => now,
  candles: { symbols: () => ['BTCUSDT'], extent: () => ({ from: 0, to: now }), candles: generateCandles },
});
const exchange = openMarket({ binanceUrls: [binance.url], fallbacks: [] });
const store = await openStore({ kind: 'embedded', dataDir });

const { minute, isComplete } = await ingestMinute('BTCUSDT', { store, exchange });
const rows = await loadTrainingRows('BTCUSDT', undefined, { store, exchange });
assert.equal(new Date(minute).toISOString(), '2025-06-01T11:59:00.000Z');
assert.equal(isComplete, true);
assert.equal(rows.length, 600);
console.log('ok');

await store.close();
await binance.close();
await rm(dataDir, { recursive: true });
