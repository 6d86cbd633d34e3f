import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { copyIn } from '../../../src/database/copy.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { moveVolume, replaceRange } from '../../quality/rules/inject.js';

const BINANCE = readFixtureCandles('fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br');
const BINANCE_US = readFixtureCandles('fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br');
const OUTAGE = readFixtureCandles('outage-2023-03-24/DOGEUSDT-1m-binance.csv.br');

/** Stores candles as the platform would have, and lets Binance have its own. */
async function store(
  world: JobWorld,
  symbol: string,
  stored: readonly Candle[],
  binance: readonly Candle[],
): Promise<void> {
  world.binance.put(symbol, binance);
  const columns = 'symbol, timestamp, open, high, low, close, volume, iscomplete';
  const lines = stored.map(({ openTime, open, high, low, close, volume }) =>
    [symbol, new Date(openTime).toISOString(), open, high, low, close, volume, 'f'].join('\t'),
  );
  await inTransaction(world.store, (trx) =>
    copyIn(trx, `COPY rolling_chart_data (${columns}) FROM STDIN`, [`${lines.join('\n')}\n`]),
  );
}

jobGroup('clean on real files with faults', (test) => {
  const other = new Map(BINANCE_US.map((candle) => [candle.openTime, candle]));

  test('four hours of Binance.US within Binance match wrong_market and are replaced by --repair', async (world) => {
    await store(world, 'VENUES', replaceRange(BINANCE, other, 3000, 3240), BINANCE);
    const options = { symbols: ['VENUES'], rules: ['wrong_market'] as const };
    const found = await expectSummary(clean(world.context, options));
    const flagged = (await world.rows('VENUES')).filter(({ hasMissingData }) => hasMissingData);
    const places = flagged.map(({ openTime }) => (openTime - BINANCE[0]!.openTime) / MINUTE_MS);
    const inside = places.filter((place) => place >= 3000 && place < 3240).length;
    assert.ok(inside >= 238 && places.length - inside <= 2, `${inside} of 240 found, ${places.length - inside} others`);
    assert.is(found.flagged.wrong_market, places.length);
    const repaired = await expectSummary(clean(world.context, { ...options, repair: true }));
    assert.is(repaired.repaired + repaired.confirmed, places.length);
    assert.equal(
      [repaired.openFlags, (await expectSummary(clean(world.context, options))).flagged.wrong_market],
      [0, 0],
    );
  });

  test('40 hours of quote volumes: every one matches volume_unit', async (world) => {
    const quoted = BINANCE.map((candle, i) => (i >= 1000 && i < 3400 ? moveVolume(candle, candle.close) : candle));
    await store(world, 'QUOTED', quoted, BINANCE);
    const rules = ['volume_unit'] as const;
    assert.is(
      (await expectSummary(clean(world.context, { symbols: ['QUOTED'], rules, dryRun: true }))).flagged.volume_unit,
      2400,
    );
  });

  test('the 72 flat minutes before the outage match flat_price, and Binance confirms them', async (world) => {
    await store(world, 'OUTAGE', OUTAGE, OUTAGE);
    const rules = ['flat_price', 'price_jump', 'wrong_market', 'volume_unit'] as const;
    const summary = await expectSummary(clean(world.context, { symbols: ['OUTAGE'], rules, repair: true }));
    assert.equal(summary.flagged, { flat_price: 72, price_jump: 0, wrong_market: 0, volume_unit: 0 });
    assert.equal([summary.confirmed, summary.repaired, summary.openFlags], [72, 0, 0]);
    assert.is((await expectSummary(clean(world.context, { symbols: ['OUTAGE'], rules }))).flagged.flat_price, 0);
  });
});
