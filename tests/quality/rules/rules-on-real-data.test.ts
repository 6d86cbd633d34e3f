import * as assert from 'uvu/assert';
import { type Candle, isSound } from '../../../src/core/candle.js';
import type { Minute } from '../../../src/core/minute.js';
import { CLEAN_RULE_NAMES, type CleanRule, RULES, withRuleDefaults } from '../../../src/quality/rules/rules.js';
import { volumeThreshold } from '../../../src/quality/rules/volume-spike.js';
import { splitSeries, toSeries } from '../../../src/rows/candle-series.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';
import { createRandom } from '../../indicators/series.js';
import { addWick, moveClose, movePrices, moveVolume, replaceRange, scatterFaults } from './inject.js';

const DAY_MS = 86_400_000;

/** Real candles of one market; their only known defects are those of the outage of 2023-03-24. */
const FILES = {
  BTC: 'clean/BTCUSDT-1m-2025-05-20_2025-06-10.csv.br',
  ETH: 'clean/ETHUSDT-1m-2025-05-20_2025-06-10.csv.br',
  'outage BTC': 'outage-2023-03-24/BTCUSDT-1m-binance.csv.br',
  'outage ETH': 'outage-2023-03-24/ETHUSDT-1m-binance.csv.br',
  'outage SOL': 'outage-2023-03-24/SOLUSDT-1m-binance.csv.br',
  'outage DOGE': 'outage-2023-03-24/DOGEUSDT-1m-binance.csv.br',
  'outage ADA': 'outage-2023-03-24/ADAUSDT-1m-binance.csv.br',
  '2019 BTC': 'duplicates-2019-11/BTCUSDT-1m-binance.csv.br',
  'Binance 2023': 'fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br',
  'Binance.US 2023': 'fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br',
  'Binance 2022': 'fallback/BTCBUSD-1m-binance-2022-12-13.csv.br',
  'bybit 2022': 'fallback/BTCUSDT-1m-bybit-2022-12-13.csv.br',
} as const;

type Name = keyof typeof FILES;

/** A file's candles without duplicates and unsound ones, of which the files have some. */
const candlesOf = memoize((name: Name): Candle[] => {
  const seen = new Map(readFixtureCandles(FILES[name]).map((candle) => [candle.openTime, candle]));
  return [...seen.values()].filter(isSound);
});

/** The minutes that match a rule. */
function matchedMinutes(rule: CleanRule, candles: readonly Candle[]): Minute[] {
  const volumes = candles.map(({ volume }) => volume);
  const mean = volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
  const stddev = Math.sqrt(volumes.reduce((sum, volume) => sum + (volume - mean) ** 2, 0) / (volumes.length - 1));
  const threshold = volumeThreshold({ mean, stddev });
  const evidence = {
    unsound: candles.filter((candle) => !isSound(candle)),
    volumes: { threshold, above: candles.filter(({ volume }) => volume > threshold) },
    moved: [],
    series: splitSeries(toSeries(candles), DAY_MS),
  };
  return RULES[rule].evaluate(evidence, withRuleDefaults({})).map(({ openTime }) => openTime);
}

/** The number of faults that match a rule, and of other minutes that do. */
function score(
  rule: CleanRule,
  { candles, faults }: { candles: readonly Candle[]; faults: ReadonlySet<Minute> },
): { share: number; others: number; summary: string } {
  const named = matchedMinutes(rule, candles);
  const hits = named.filter((minute) => faults.has(minute)).length;
  const others = named.length - hits;
  return { share: hits / faults.size, others, summary: `${hits} of ${faults.size} matched, ${others} others` };
}

/** The score over stretches of another market's rows at random places, one series each. */
function scoreStretches(
  name: Name,
  other: readonly Candle[],
  length: number,
): { share: number; others: number; summary: string } {
  const candles = candlesOf(name);
  const byMinute = new Map(other.map((candle) => [candle.openTime, candle]));
  const random = createRandom(length);
  let [faults, hits, others] = [0, 0, 0];
  for (let round = 0; round < 30; round += 1) {
    const from = 80 + Math.floor(random() * (candles.length - 160 - length));
    const wrong = new Set(candles.slice(from, from + length).map(({ openTime }) => openTime));
    const named = matchedMinutes('wrong_market', replaceRange(candles, byMinute, from, from + length));
    faults += length;
    hits += named.filter((minute) => wrong.has(minute)).length;
    others += named.filter((minute) => !wrong.has(minute)).length;
  }
  return { share: hits / faults, others, summary: `${hits} of ${faults} matched, ${others} others` };
}

group('the rules on real candles', (test) => {
  test('on two months of sound candles only the volume rule has matches, 1.6 % by its definition', () => {
    const counts = Object.fromEntries(
      CLEAN_RULE_NAMES.map((rule) => [
        rule,
        [matchedMinutes(rule, candlesOf('BTC')).length, matchedMinutes(rule, candlesOf('ETH')).length],
      ]),
    );
    assert.equal([candlesOf('BTC').length, candlesOf('ETH').length], [30_240, 30_240]);
    const { volume_spike: spikes, ...others } = counts;
    assert.equal(spikes, [515, 469]);
    assert.equal(others, Object.fromEntries(Object.keys(others).map((rule) => [rule, [0, 0]])));
  });

  for (const name of ['outage BTC', 'outage ETH', 'outage SOL', 'outage DOGE', 'outage ADA'] as const) {
    test(`in the week of the ${name.slice(7)} outage, flat_price matches the 72 flat minutes before it, other rules none`, () => {
      const flat = matchedMinutes('flat_price', candlesOf(name));
      assert.is(flat.length, 72);
      assert.is(new Date(flat[0]!).toISOString(), '2023-03-24T11:28:00.000Z');
      for (const rule of ['price_jump', 'volume_unit', 'wrong_market'] as const) {
        assert.equal(matchedMinutes(rule, candlesOf(name)), [], rule);
      }
    });
  }

  test('the volatile month of 2019 has no false positive, although the price rose by 42 % in a day', () => {
    for (const rule of ['price_jump', 'volume_unit', 'wrong_market', 'flat_price'] as const) {
      assert.equal(matchedMinutes(rule, candlesOf('2019 BTC')), [], rule);
    }
  });

  const jumps = { wick: addWick, close: moveClose, candle: movePrices };
  for (const [kind, inject] of Object.entries(jumps)) {
    test(`price_jump matches at least 80 % of single ${kind} faults of 2 %: all but those with three times the usual volume`, () => {
      for (const name of ['BTC', 'ETH', 'outage SOL', 'outage DOGE', '2019 BTC'] as const) {
        const faulty = scatterFaults(candlesOf(name), 7, (candle, direction) => inject(candle, 1.02 ** direction));
        const { share, others, summary } = score('price_jump', faulty);
        assert.ok(share >= 0.8, `${name}: ${summary}`);
        assert.ok(others <= 1, `${name}: ${summary}`);
      }
    });
  }

  test('real extremes match the volume rule only: moves of 18 % in a minute with matching volume', () => {
    for (const name of ['outage DOGE', 'ETH'] as const) {
      const real = scatterFaults(candlesOf(name), 9, (candle, direction) =>
        moveVolume(addWick(candle, 1.184 ** direction), 60),
      );
      for (const rule of ['price_jump', 'volume_unit', 'wrong_market', 'flat_price'] as const) {
        const { share, others, summary } = score(rule, real);
        assert.ok(share <= 0.02, `${name}, ${rule}: ${summary}`);
        if (rule !== 'flat_price') assert.is(others, 0, `${name}, ${rule}: ${summary}`);
      }
    }
  });

  test('volume_unit matches 90 % of single volumes in quote units, and nothing else', () => {
    for (const name of ['BTC', 'ETH', 'outage BTC', '2019 BTC', 'Binance 2023'] as const) {
      const { share, others, summary } = score(
        'volume_unit',
        scatterFaults(candlesOf(name), 11, (candle) => moveVolume(candle, candle.close)),
      );
      assert.ok(share >= 0.85, `${name}: ${summary}`);
      assert.is(others, 0, `${name}: ${summary}`);
    }
  });

  test('volume_unit matches almost all of a long stretch of them', () => {
    const candles = candlesOf('ETH');
    const faulty = candles.map((candle, i) => (i >= 5000 && i < 12_000 ? moveVolume(candle, candle.close) : candle));
    const faults = new Set(candles.slice(5000, 12_000).map(({ openTime }) => openTime));
    const { share, others, summary } = score('volume_unit', { candles: faulty, faults });
    assert.ok(share >= 0.999, summary);
    assert.is(others, 0, summary);
  });

  for (const length of [20, 60, 240, 1440]) {
    test(`wrong_market matches ${length} rows of Binance.US within Binance (1/420 of the volume)`, () => {
      const { share, others, summary } = scoreStretches('Binance 2023', candlesOf('Binance.US 2023'), length);
      assert.ok(share >= 0.9, summary);
      assert.is(others, 0, summary);
    });
  }

  for (const length of [20, 60, 240]) {
    test(`wrong_market matches ${length} rows of bybit within Binance (1/44 of the volume)`, () => {
      const { share, others, summary } = scoreStretches('Binance 2022', candlesOf('bybit 2022'), length);
      assert.ok(share >= 0.85, summary);
      assert.ok(others <= 6, summary);
    });
  }

  for (const name of ['BTC', 'ETH', 'outage BTC'] as const) {
    test(`wrong_market matches stretches of futures within ${name}: 0.12 % below, 8 times the volume`, () => {
      const futures = candlesOf(name).map((candle) => moveVolume(movePrices(candle, 1 - 0.0012), 8));
      const { share, others, summary } = scoreStretches(name, futures, 300);
      assert.ok(share >= 0.8, summary);
      assert.ok(others <= 20, summary);
    });
  }

  test('wrong_market matches the part after a permanent switch', () => {
    const [binance, us] = [candlesOf('Binance 2023'), candlesOf('Binance.US 2023')];
    const byMinute = new Map(us.map((candle) => [candle.openTime, candle]));
    const named = matchedMinutes('wrong_market', replaceRange(binance, byMinute, 4000, binance.length));
    assert.equal([named[0], named.length], [binance[4000]!.openTime, binance.length - 4000]);
  });
});

function memoize<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}
