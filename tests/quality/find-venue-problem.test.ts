import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import { findVenueProblem, selectReference } from '../../src/quality/find-venue-problem.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import { group } from '../harness/group.js';
import { createRandom, type Random } from '../harness/random.js';

/** One market on two venues: every minute that both have. */
const SAME_MARKET = [
  ['fallback/BTCBUSD-1m-binance-2022-12-13.csv.br', 'fallback/BTCUSDT-1m-bybit-2022-12-13.csv.br'],
  [
    'fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br',
    'fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br',
  ],
] as const;

const COINS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'] as const;
const MARKETS = Object.fromEntries(
  COINS.map((coin) => [coin, readFixtureCandles(`outage-2023-03-24/${coin}USDT-1m-binance.csv.br`)]),
) as Record<(typeof COINS)[number], Candle[]>;

/** Binance's candles of a market, and another exchange's, at one minute of which Binance has no candle for a while. */
interface Case {
  binance: readonly Candle[];
  venue: readonly Candle[];
  /** The wanted minute. */
  at: Minute;
  /** Since Binance's last candle. */
  minutes: number;
}

/**
 * Why the candles are not trusted, judged as by an ingest: by Binance's candles before the wanted minute. At the start of
 * the data they are too few, and those after it are used as well, as by `backfill --fill-gaps`.
 */
function judge({ binance, venue, at, minutes }: Case): string | null {
  const end = lowerBound(binance, at - (minutes - 1) * MINUTE_MS);
  const before = binance.slice(Math.max(0, end - 150), end);
  const next = lowerBound(binance, at + minutes * MINUTE_MS);
  const rows = before.length >= 10 ? before : [...before, ...binance.slice(next, next + 150)];
  const [first, ...others] = selectReference(rows, rangeOf(at));
  if (!first) return 'no reference';
  const last = others.at(-1) ?? first;
  const from = lowerBound(venue, Math.min(first.openTime, at));
  const to = lowerBound(venue, Math.max(last.openTime, at) + MINUTE_MS);
  return findVenueProblem([first, ...others], venue.slice(from, to), rangeOf(at));
}

function rangeOf(at: Minute) {
  return { from: at, to: at + MINUTE_MS };
}

function lowerBound(candles: readonly Candle[], time: Minute): number {
  let [from, to] = [0, candles.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (candles[middle]!.openTime < time) from = middle + 1;
    else to = middle;
  }
  return from;
}

function mapPrices(candles: readonly Candle[], map: (price: number) => number): Candle[] {
  return candles.map(({ openTime, open, high, low, close, volume }) => {
    const prices = [open, high, low, close].map(map) as [number, number, number, number];
    const [first, , , last] = prices;
    return { openTime, open: first, high: Math.max(...prices), low: Math.min(...prices), close: last, volume };
  });
}

const VENUES = SAME_MARKET.map(([binance, venue]) => [readFixtureCandles(binance), readFixtureCandles(venue)] as const);

/** Minutes since Binance's last candle, and the step between the minutes that are judged. */
const DISTANCES = [
  [1, 1],
  [5, 13],
  [60, 13],
  [720, 13],
] as const;

group('a fallback exchange is trusted', (test) => {
  for (const [minutes, step] of DISTANCES) {
    const which = step === 1 ? 'every one of the 7,200 real minutes' : `every ${step}th real minute`;
    test(`in ${which} on two venues, ${minutes} min after Binance's last candle`, () => {
      const problems: (string | null)[] = [];
      for (const [binance, venue] of VENUES) {
        for (let i = step === 1 ? 0 : minutes + 10; i < venue.length; i += step)
          problems.push(judge({ binance, venue, at: venue[i]!.openTime, minutes }));
      }
      assert.equal(problems.filter((problem) => problem !== null).slice(0, 3), []);
      if (step === 1) assert.is(problems.length, 7200);
    });
  }

  test("also where it does not trade in every minute, in another quote currency, beside Binance's outage", () => {
    const [binance, venue] = [MARKETS.BTC, readFixtureCandles('outage-2023-03-24/BTCUSDC-1m-kraken.csv.br')];
    const problems = venue
      .slice(20)
      .flatMap(({ openTime }) => judge({ binance, venue, at: openTime, minutes: 1 }) ?? []);
    assert.equal(problems.slice(0, 3), []);
  });
});

const HALT_BEGIN = Date.parse('2023-03-24T11:28Z');
const FACTORS = [0.001, 0.01, 0.1, 0.5, 0.9, 0.97, 1.02, 1.1, 2, 10, 100, 1000];

/** A minute of one coin, and the candles of another one around it. */
function pickMarkets(random: Random) {
  const coin = random.pick(COINS);
  const other = random.pick(COINS.filter((name) => name !== coin));
  const binance = MARKETS[coin];
  const index = 300 + random.integerBelow(lowerBound(binance, HALT_BEGIN) - 500);
  const { openTime: at, close } = binance[index]!;
  const venue = MARKETS[other].slice(index - 300, index + 200);
  /** The factor from the other coin's price to this one's. */
  const level = close / venue[lowerBound(venue, at)]!.close;
  return { coin, other, binance, own: binance.slice(index - 300, index + 200), venue, level, at };
}

interface WrongCoin extends Case {
  title: string;
}

/** Other coins at their own price, at a multiple of this coin's, and this coin in another unit. */
function generateWrongCoin(random: Random): WrongCoin {
  const { coin, other, binance, own, venue, level, at } = pickMarkets(random);
  const minutes = random.pick([1, 2, 10, 60]);
  const factor = random.pick(FACTORS);
  const [title, found] = random.pick([
    [`${other} at its own price`, venue],
    [`${other} at ${factor} times its price`, mapPrices(venue, (price) => price * level * factor)],
    [`${factor} times its price`, mapPrices(own, (price) => price * factor)],
    ['the inverse of its price', mapPrices(own, (price) => 1 / price)],
  ] as const);
  return { title: `${coin}: ${title}`, binance, venue: found, at, minutes };
}

group('another coin of the same ticker is not trusted', (test) => {
  test('in each of 200 cases at another price, from 2 % off', () => {
    const random = createRandom(20230324, 'another price');
    const cases = Array.from({ length: 200 }, () => generateWrongCoin(random));
    const trusted = cases
      .filter((item) => judge(item) === null)
      .map(({ title, minutes }) => `${title}, ${minutes} min`);
    assert.equal(trusted, []);
  });

  test('in nine of ten cases at the same price, where only the moves tell the coins apart', () => {
    const random = createRandom(20230324, 'the same price');
    const cases = Array.from({ length: 400 }, () => {
      const { binance, venue, level, at } = pickMarkets(random);
      return { binance, venue: mapPrices(venue, (price) => price * level), at, minutes: 1 };
    });
    const found = cases.filter((item) => judge(item) !== null).length;
    assert.ok(found >= 360, `found ${found} of 400`);
  });

  test('when it is 113 times as expensive, and the reason says so', () => {
    const { binance, own, at } = pickMarkets(createRandom(1, 'reason'));
    const venue = mapPrices(own, (price) => price * 113);
    assert.is(
      judge({ binance, venue, at, minutes: 1 }),
      "its price is 113 times Binance's, expected at most 1.01 % away",
    );
  });

  test('when it has too few of the minutes to compare, or Binance has none within 12 hours', () => {
    const { binance, own, at } = pickMarkets(createRandom(2, 'few'));
    const listed = own.filter(({ openTime }) => openTime >= at - 9 * MINUTE_MS);
    assert.match(judge({ binance, venue: listed, at, minutes: 1 })!, /has 9 of the minutes to compare/);
    assert.equal(selectReference(own, rangeOf(own.at(-1)!.openTime + 721 * MINUTE_MS)), []);
    assert.is(selectReference(own, rangeOf(own.at(-1)!.openTime + 720 * MINUTE_MS)).length, 99);
  });

  test('when the wanted candle alone is far off, by more than real markets move in a minute', () => {
    const { binance, own, at } = pickMarkets(createRandom(3, 'glitch'));
    const jumpBy = (factor: number) =>
      own.flatMap((candle) => (candle.openTime === at ? mapPrices([candle], (price) => price * factor) : [candle]));
    assert.is(judge({ binance, venue: jumpBy(1.184), at, minutes: 1 }), null);
    assert.match(judge({ binance, venue: jumpBy(1.3), at, minutes: 1 })!, /^its price is \d+\.\d\d % above Binance's/);
    assert.match(judge({ binance, venue: jumpBy(0.1), at, minutes: 1 })!, /^its price is 0\.\d+ times Binance's/);
  });

  test('candles without a trade are no reference', () => {
    const { own, at } = pickMarkets(createRandom(4, 'rows'));
    const halted = own.map((candle, i) => (i % 2 === 0 ? { ...candle, volume: 0 } : candle));
    assert.ok(selectReference(halted, rangeOf(at)).every(({ volume }) => volume > 0));
  });
});
