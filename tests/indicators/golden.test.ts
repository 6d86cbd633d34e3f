import * as assert from 'uvu/assert';
import { calculateColumns, type IndicatorArrays } from '../../src/indicators/calculate-indicators.js';
import type { RunPrices } from '../../src/indicators/indicator.js';
import { LOOK_BACK, type IndicatorColumn } from '../../src/indicators/indicators.js';
import { convergence } from '../../src/indicators/macd.js';
import { relativeStrength } from '../../src/indicators/rsi.js';
import { plainIndicators } from '../bench/plain-indicators.js';
import { readFixtureColumns } from '../harness/fixtures.js';
import { group } from '../harness/group.js';

const SERIES = ['series', 'series_real', 'series_real_lowliq', 'edge', 'edge_tiny', 'edge_meme', 'edge_huge'];

const REFERENCE: Record<IndicatorColumn, string> = {
  rsi: 'rsi14',
  macd: 'macd',
  macd_signal: 'macd_signal',
  macd_histogram: 'macd_hist',
  bb_upper: 'bb_upper',
  bb_middle: 'bb_middle',
  bb_lower: 'bb_lower',
  stoch_k: 'stochf14_1_k',
  stoch_d: 'stochf14_3_d',
  volatility_1m: 'rv_1m',
  volatility_5m: 'rv_5m',
  volatility_15m: 'rv_15m',
  volatility_60m: 'rv_60m',
};
const COLUMNS = Object.keys(REFERENCE) as IndicatorColumn[];

/** The index of TA-Lib's first value; the recursions are compared from there on, before the warm-up is masked. */
const TALIB_FIRST = { rsi: 14, macd: 33, macd_signal: 33, macd_histogram: 33 };

interface Case extends RunPrices {
  ours: IndicatorArrays;
  exact: Record<string, Float64Array>;
  talib: Record<string, Float64Array>;
}

function load(name: string): Case {
  const { high, low, close } = readFixtureColumns(`golden/${name}.csv.br`) as Record<
    'high' | 'low' | 'close',
    Float64Array
  >;
  const unmasked = { rsi: relativeStrength(close), ...convergence(close) };
  for (const [column, first] of Object.entries(TALIB_FIRST)) unmasked[column as 'rsi'].fill(NaN, 0, first);
  return {
    ours: { ...calculateColumns({ high, low, close }), ...unmasked },
    high,
    low,
    close,
    exact: readFixtureColumns(`golden/${name}.exact.csv.br`),
    talib: readFixtureColumns(`golden/${name}.talib.csv.br`),
  };
}

/** The tolerances of the reference's README. */
function exactTolerance(column: IndicatorColumn, bar: number, { close, exact }: Case): number {
  const relative = 1e-12 * Math.abs(exact[REFERENCE[column]]![bar]!);
  if (column.startsWith('bb_')) return 1e-12 * exact.bb_middle![bar]!;
  if (column.startsWith('macd')) return relative + 1e-14 * Math.max(...close.subarray(Math.max(0, bar - 599), bar + 1));
  if (column.startsWith('stoch')) return relative + 1e-12;
  if (column.startsWith('volatility')) return relative + 1e-15;
  return relative;
}

function compare(
  ours: Float64Array,
  reference: Float64Array,
  tolerance: (bar: number) => number,
  what: string,
): number {
  let compared = 0;
  assert.is(ours.length, reference.length, `${what}: length`);
  for (let bar = 0; bar < reference.length; bar += 1) {
    const [found, expected] = [ours[bar]!, reference[bar]!];
    assert.is(Number.isNaN(found), Number.isNaN(expected), `${what}[${bar}] was ${found}, reference ${expected}`);
    if (Number.isNaN(expected)) continue;
    assert.ok(Math.abs(found - expected) <= tolerance(bar), `${what}[${bar}] was ${found}, reference ${expected}`);
    compared += 1;
  }
  return compared;
}

group('golden reference', (test) => {
  for (const name of SERIES) {
    test(`${name} agrees with 60-digit arithmetic on every bar of all 13 columns`, () => {
      const given = load(name);
      for (const column of COLUMNS) {
        const reference = given.exact[REFERENCE[column]]!;
        const compared = compare(
          given.ours[column],
          reference,
          (bar) => exactTolerance(column, bar, given),
          `${name} ${column}`,
        );
        assert.ok(compared > 200, `${name} ${column}: only ${compared} bars compared`);
      }
    });

    test(`${name}: the plain loop of the benchmark agrees as well`, () => {
      const given = load(name);
      const plain = plainIndicators(given);
      for (const column of COLUMNS) {
        const reference = given.exact[REFERENCE[column]]!.slice().fill(NaN, 0, LOOK_BACK[column]);
        compare(plain[column], reference, (bar) => exactTolerance(column, bar, given), `${name} ${column}`);
      }
    });

    test(`${name} agrees with TA-Lib's RSI, MACD and stochastic`, () => {
      const { ours, talib, close } = load(name);
      const highest = Math.max(...close);
      compare(ours.rsi, talib.rsi14!, (bar) => 1e-9 * talib.rsi14![bar]!, `${name} rsi`);
      for (const column of ['macd', 'macd_signal', 'macd_histogram'] as const) {
        const reference = talib[REFERENCE[column]]!;
        const tolerance = (bar: number) => Math.max(1e-9 * Math.abs(reference[bar]!), 1e-13 * highest);
        compare(ours[column], reference, tolerance, `${name} ${column}`);
      }
      for (const column of ['stoch_k', 'stoch_d'] as const) {
        compare(ours[column], talib[REFERENCE[column]]!, () => 1e-9, `${name} ${column}`);
      }
    });
  }

  for (const name of ['series', 'edge_huge']) {
    test(`${name} agrees with TA-Lib's bands, which are exact there`, () => {
      const { ours, talib } = load(name);
      for (const column of ['bb_upper', 'bb_middle', 'bb_lower'] as const) {
        compare(ours[column], talib[column]!, (bar) => 1e-9 * talib[column]![bar]!, `${name} ${column}`);
      }
    });
  }
});
