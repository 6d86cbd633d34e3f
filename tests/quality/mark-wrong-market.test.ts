import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { compareWithExchange, describeStretches } from '../../src/quality/compare-with-exchange.js';
import { markWrongMarket } from '../../src/quality/mark-wrong-market.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { readFixtureCandles, readRevisedCandles } from '../harness/fixtures.js';
import { group } from '../harness/group.js';

const FROM = Date.parse('2025-06-01T00:00:00Z');
const BINANCE = generateCandles('BTCUSDT', { from: FROM, to: FROM + 300 * MINUTE_MS });
const INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

const toRow = (candle: Candle): ChartRow => ({
  ...candle,
  indicators: INDICATORS,
  source: 'BINANCE',
  hasMissingData: false,
  isComplete: false,
  writtenAt: new Date(candle.openTime + 3_600_000),
});

/** A candle with its prices and its volume multiplied. */
function moved(candle: Candle, price: number, volume = 1): Candle {
  const { openTime, open, high, low, close } = candle;
  return {
    openTime,
    open: open * price,
    high: high * price,
    low: low * price,
    close: close * price,
    volume: candle.volume * volume,
  };
}

function classify(stored: readonly Candle[], exchange: readonly Candle[]) {
  const compared = compareWithExchange(stored.map(toRow), exchange);
  return markWrongMarket(compared.filter((item) => item.class !== 'same'));
}

/** The number of minutes of each class. */
function count(stored: readonly Candle[], exchange: readonly Candle[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of classify(stored, exchange)) counts[item.class] = (counts[item.class] ?? 0) + 1;
  return counts;
}

/** Binance's candles, with those from index `from` to `to` changed. */
function withStretch(from: number, to: number, change: (candle: Candle, index: number) => Candle): Candle[] {
  return BINANCE.map((candle, i) => (i >= from && i < to ? change(candle, i) : candle));
}

group('markWrongMarket', (test) => {
  test('a stretch at a constant offset is of another market', () => {
    assert.equal(
      count(
        withStretch(100, 160, (candle) => moved(candle, 0.9995)),
        BINANCE,
      ),
      { wrong_market: 60 },
    );
  });

  test('so is one whose opens differ both ways and whose volume is of another scale', () => {
    const stored = withStretch(100, 160, (candle, i) => moved(candle, i % 2 ? 1.0003 : 0.9997, 1 / 420));
    assert.equal(count(stored, BINANCE), { wrong_market: 60 });
  });

  test('so is one of equal prices whose volumes have one ratio: they are in another unit', () => {
    const stored = withStretch(100, 160, (candle) => ({ ...candle, volume: candle.volume * candle.close }));
    assert.equal(count(stored, BINANCE), { wrong_market: 60 });
  });

  test('fewer than 20 rows are not enough', () => {
    assert.equal(
      count(
        withStretch(100, 119, (candle) => moved(candle, 0.9995)),
        BINANCE,
      ),
      { revised: 19 },
    );
  });

  test('gaps of a few minutes do not end a stretch, longer ones do', () => {
    const stored = withStretch(100, 160, (candle) => moved(candle, 0.9995));
    const without = (from: number, to: number) => stored.filter((_, i) => i < from || i >= to);
    const few = count(without(115, 125), BINANCE);
    assert.equal(few, { wrong_market: 50, missing: 10 });
    const many = count(without(110, 130), BINANCE);
    assert.equal(many, { revised: 10, missing: 20, wrong_market: 30 });
  });

  test('scattered offsets without another scale are revisions', () => {
    const stored = withStretch(100, 160, (candle, i) => moved(candle, i % 2 ? 1.0003 : 0.9997, 0.8));
    assert.equal(count(stored, BINANCE), { revised: 60 });
  });

  test('candles with the same open but other highs and closes are not of another market', () => {
    const half = ({ open, volume, openTime }: Candle) => ({
      openTime,
      open,
      high: open,
      low: open,
      close: open,
      volume: volume / 100,
    });
    assert.equal(count(withStretch(100, 160, half), BINANCE), { revised: 60 });
  });

  for (const { stored, exchange, rows, ratio } of [
    {
      stored: 'fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br',
      exchange: 'fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br',
      rows: 5760,
      ratio: [1 / 430, 1 / 370],
    },
    {
      stored: 'fallback/BTCUSDT-1m-bybit-2022-12-13.csv.br',
      exchange: 'fallback/BTCBUSD-1m-binance-2022-12-13.csv.br',
      rows: 1440,
      ratio: [1 / 60, 1 / 20],
    },
  ]) {
    test(`all real rows of another exchange are of the class wrong_market: ${stored}`, () => {
      const classified = classify(readFixtureCandles(stored), readFixtureCandles(exchange));
      assert.is(classified.filter((item) => item.class === 'wrong_market').length, rows);
      const [stretch, ...others] = describeStretches(classified);
      assert.is(others.length, 0);
      assert.ok(stretch!.volumeRatio! > ratio[0]! && stretch!.volumeRatio! < ratio[1]!, `${stretch!.volumeRatio}`);
      assert.ok(Math.abs(stretch!.closeOffsetBp!) < 8, `${stretch!.closeOffsetBp}`);
    });
  }

  test('the 70 real candles that Binance revised are not of another market', () => {
    const { before, after } = readRevisedCandles();
    assert.equal(count(before, after), { revised: 70 });
  });
});
